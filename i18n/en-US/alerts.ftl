# Notices on the desktop, and their settings

alert-sign-in = { $name }: sign-in needed
alert-sign-in-many = { $count ->
    [one] { $count } tunnel is waiting for you to sign in
   *[other] { $count } tunnels are waiting for you to sign in
}
alert-down = { $name } is down
alert-down-many = { $count ->
    [one] { $count } tunnel is down
   *[other] { $count } tunnels are down
}
alert-back = { $name } is working again
alert-back-many = { $count ->
    [one] { $count } tunnel is working again
   *[other] { $count } tunnels are working again
}
alert-taken-over = { $name }: hosted by another machine
alert-taken-over-many = { $count ->
    [one] { $count } tunnel is hosted by another machine
   *[other] { $count } tunnels are hosted by another machine
}
alert-quota = { $name }: quota used up
alert-quota-many = { $count ->
    [one] { $count } tunnel is waiting: quota used up
   *[other] { $count } tunnels are waiting: quota used up
}
alert-url-changed = { $name } has a new URL
alert-url-changed-many = { $count ->
    [one] { $count } tunnel has a new URL
   *[other] { $count } tunnels have new URLs
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

settings-notices = Notifications
settings-notices-line = What you're notified about while the window isn't in front
notice-sign-in = Sign-in needed
notice-down = Down for more than a minute
notice-back = Back up
notice-taken-over = Taken over by another machine
notice-quota = Quota used up
notice-url-changed = URL changed
