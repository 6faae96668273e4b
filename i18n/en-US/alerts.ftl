# Notices on the desktop, and their settings

alert-sign-in = { $name }: sign-in needed
alert-sign-in-many = { $count ->
    [one] { $count } tunnel waits for a sign-in
   *[other] { $count } tunnels wait for a sign-in
}
alert-down = { $name } is down
alert-down-many = { $count ->
    [one] { $count } tunnel is down
   *[other] { $count } tunnels are down
}
alert-back = { $name } works again
alert-back-many = { $count ->
    [one] { $count } tunnel works again
   *[other] { $count } tunnels work again
}
alert-taken-over = { $name }: hosted by another machine
alert-taken-over-many = { $count ->
    [one] { $count } tunnel is hosted by another machine
   *[other] { $count } tunnels are hosted by another machine
}
alert-quota = { $name }: the limit is used up
alert-quota-many = { $count ->
    [one] { $count } tunnel waits: the limit is used up
   *[other] { $count } tunnels wait: the limit is used up
}
alert-url-changed = { $name } has another URL now
alert-url-changed-many = { $count ->
    [one] { $count } tunnel has another URL now
   *[other] { $count } tunnels have other URLs now
}
alert-url = { $url }
alert-url-dead = Their side: the URL does not answer.
alert-names = { $names }
alert-names-more = { $count ->
    [one] { $names } and { $count } more
   *[other] { $names } and { $count } more
}
alert-refused = Underpass
alert-show = Show

settings-notices = Notices
settings-notices-line = What the desktop tells while the window is not in front
notice-sign-in = Sign-in needed
notice-down = Down for more than a minute
notice-back = Back up
notice-taken-over = Taken over by another machine
notice-quota = Limit used up
notice-url-changed = URL changed
