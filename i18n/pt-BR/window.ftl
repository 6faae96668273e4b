# Rótulos fixos da janela: sem argumentos aqui.
window-title = Underpass
