# Avisos na área de trabalho e suas configurações

alert-sign-in = { $name }: é preciso entrar
alert-sign-in-many = { $count ->
    [one] { $count } túnel espera que você entre
   *[other] { $count } túneis esperam que você entre
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
alert-quota = { $name }: o limite acabou
alert-quota-many = { $count ->
    [one] { $count } túnel espera: o limite acabou
   *[other] { $count } túneis esperam: o limite acabou
}
alert-url-changed = { $name } tem outra URL agora
alert-url-changed-many = { $count ->
    [one] { $count } túnel tem outra URL agora
   *[other] { $count } túneis têm outras URLs agora
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

settings-notices = Avisos
settings-notices-line = O que a área de trabalho avisa enquanto a janela não está na frente
notice-sign-in = É preciso entrar
notice-down = Fora do ar por mais de um minuto
notice-back = Voltou a funcionar
notice-taken-over = Assumido por outra máquina
notice-quota = Limite esgotado
notice-url-changed = URL mudou
