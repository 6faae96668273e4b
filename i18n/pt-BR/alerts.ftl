# Avisos na área de trabalho e suas configurações

alert-sign-in = { $name }: login necessário
alert-sign-in-many = { $count ->
    [one] { $count } túnel aguarda o seu login
   *[other] { $count } túneis aguardam o seu login
}
alert-down = { $name } está fora do ar
alert-down-many = { $count ->
    [one] { $count } túnel está fora do ar
   *[other] { $count } túneis estão fora do ar
}
alert-back = { $name } voltou a funcionar
alert-back-many = { $count ->
    [one] { $count } túnel voltou a funcionar
   *[other] { $count } túneis voltaram a funcionar
}
alert-taken-over = { $name }: hospedado por outra máquina
alert-taken-over-many = { $count ->
    [one] { $count } túnel é hospedado por outra máquina
   *[other] { $count } túneis são hospedados por outra máquina
}
alert-quota = { $name }: cota atingida
alert-quota-many = { $count ->
    [one] { $count } túnel em espera: cota atingida
   *[other] { $count } túneis em espera: cota atingida
}
alert-url-changed = { $name } tem uma nova URL
alert-url-changed-many = { $count ->
    [one] { $count } túnel tem uma nova URL
   *[other] { $count } túneis têm novas URLs
}
alert-url = { $url }
alert-url-dead = Do outro lado: a URL pública não responde.
alert-names = { $names }
alert-names-more = { $count ->
    [one] { $names } e mais { $count }
   *[other] { $names } e mais { $count }
}
alert-refused = Underpass
alert-show = Mostrar

settings-notices = Notificações
settings-notices-line = O que é notificado enquanto a janela não está em primeiro plano
notice-sign-in = Login necessário
notice-down = Fora do ar por mais de um minuto
notice-back = Voltou a funcionar
notice-taken-over = Assumido por outra máquina
notice-quota = Cota atingida
notice-url-changed = URL alterada
