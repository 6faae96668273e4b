# Uma URL que outra pessoa ou serviço mantém.

manual-url = URL
