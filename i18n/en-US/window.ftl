# Fixed labels of the window: no arguments here.
window-title = Underpass
