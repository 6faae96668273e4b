### Taking over from other programs, and backups.

## Why something is not taken over

import-unreadable = It cannot be read as it is ({ $detail }): nothing of it is taken over. Check it with the program that it is for.
import-too-much = There is more of it than is read: the first { $detail } are.
import-no-port = It leads to “{ $detail }”. A tunnel leads to a port: start a server for it, then make a tunnel for that.
import-not-carried = Nobody here carries “{ $detail }”.
import-restricts = { $detail } keeps visitors out, and nothing here would do that in the same way. Make the tunnel by hand, once you know who is to come in.
import-unknown = “{ $detail }” is not known here and might keep visitors out. Make the tunnel by hand.
import-left-out = Nothing here is like it: the tunnel does without.
import-invalid = It takes { $detail }.
import-template = Its value is filled in by the other program. Put the value itself there.
import-for-all = It is set for all tunnels together, here in Settings ({ $detail }).
import-no-provider = This build has no provider “{ $detail }”.
import-frp-server = Underpass does not speak frp's protocol: what leads to a port is taken over for its own relay. An frps with an SSH gateway can be used by provider ssh, service frps.
import-frp-port = Visitors come to another port, which Underpass's relay gives. To ask for one: --public-port.
import-frp-name = Visitors come by another name, at Underpass's relay.
import-frp-includes = Files that are included are not read. Take each over by itself: underpass import FILE.
import-frp-token = It opens only the frp server, which is not used: it is not kept.

## The dialog

menu-import = Import…
import-title = Import from other programs
import-looking = Looking for files of other programs…
import-nothing = Nothing was found where ssh, ngrok, cloudflared and frp keep their files. Name a file below.
import-body = What is picked becomes tunnels here, which are not hosted yet. The files stay as they are.
import-submit = { $count ->
    [0] Import
    [one] Import 1 tunnel
   *[other] Import { $count } tunnels
}
import-file = { $file }
import-format = { $format }
import-tunnel = { $name } → { $target }
import-there = “{ $name }” leads to { $target } already.
import-token = The token of { $name } goes where nobody sees it.
import-token-there = { $name } has a token already: that is kept.
import-skipped = Not taken over: { $what }
import-skipped-at = Not taken over, line { $line }: { $what }
import-other = Another file
import-look = Look
import-listed = What { $name } has in your account, whichever program made it, is listed once you are signed in.
toast-imported = { $count ->
    [one] 1 tunnel imported
   *[other] { $count } tunnels imported
}

settings-backup = Backup
settings-backup-line = All settings and tunnels as one file, without secrets. To restore it: underpass restore FILE
settings-backup-file = File
settings-backup-save = Save
toast-backup = Saved to { $file }
toast-backup-failed = Not saved. { $detail }

## Files that a person names

file-unread = { $file } cannot be read: { $detail }
file-of-no-kind = { $file } is of none of the kinds that can be taken over: { $kinds }.
file-there = { $file } is there already. Name another file.
file-no-home = Your home folder is not known. Set HOME and start Underpass again.
file-late = The disk does not answer. Try again once it does.
file-busy = What was asked for before is still being read: its disk does not answer. Try again once it does, or start Underpass again.
file-broken-off = Reading it broke off. Try again.
file-not-whole = It would lack what could not be read of { $file }. Mend that file and start Underpass again; or dismiss the notice about it, and save what there is.

## What is wrong with a file

file-absent = There is none.
file-not-permitted = You have no permission for it.
file-no-file = It is no file, but a folder, a pipe or a device.
file-no-text = It is no text.
file-too-long = It has more than { $detail } bytes.
file-disk-full = The disk is full.
file-read-only = The disk takes no changes.
file-system-says = The system says: { $detail }

## The command line

import-in-account = What { $name } has in your account, whichever program made it, needs no import: it is listed once you are signed in (underpass account sign-in { $provider }).
cli-import-file = { $file } ({ $format })
cli-import-tunnel = + { $tunnel }  { $protocol }  { $target }  { $provider }
cli-import-there = = “{ $name }” leads to { $target } already
cli-import-skipped = - line { $text }
cli-import-skipped-whole = - { $text }
cli-import-token = + token of { $name }: kept where nobody sees it
cli-import-token-would = + token of { $name }: would be kept where nobody sees it
cli-import-token-there = = { $name } has a token already: that is kept, and this one is not
cli-import-none = There is nothing to take over.
cli-import-would = Tunnels that would be made: { $count }. “underpass import FILE” takes a file over, “underpass import --all” all of this.
cli-import-done = Tunnels made: { $count }. Nothing is hosted yet: underpass tunnels list

## Backups

backup-done = { $count ->
    [one] { $file } has { $count } tunnel and the settings, and no secret.
   *[other] { $file } has { $count } tunnels and the settings, and no secret.
}
backup-there = { $file } is there already. Name another file, or say --force.
backup-not-written = { $file } cannot be written: { $detail }
backup-lacks = A backup would lack what cannot be read of { $file }: none was made, and nothing was changed. Mend that file; or start Underpass, which keeps a copy of it and goes on with the rest.
restore-too-new = { $file } was written by a newer version of Underpass. Update this one first; nothing was changed.
restore-unreadable = { $file } is no backup that can be used: { $detail }. Nothing was changed.
restore-not-taken = The backup could not be taken ({ $detail }): everything is as it was.
restore-half-taken = The backup could not be taken ({ $detail }), and what was taken of it already could not be undone ({ $undo }): tunnels of it may be there now. What was there before is in { $before }.
restore-added = + { $name }
restore-kept = = { $name } is there already and stays as it is
restore-settings = The settings are those of the backup.
restore-settings-would = The settings would be those of the backup.
restore-before = What was there before is in { $file }.
restore-done = Tunnels restored: { $count }. Nothing is hosted yet.
restore-would = Tunnels that would be restored: { $count }.
restore-secret-of = Missing: { $key } of “{ $name }”. It is a secret, which no backup has: make the tunnel again with it, or set it with --set { $key }=@FILE when you host it.
restore-secret-token = Missing: the token of { $account }. Add it: underpass account add { $provider }
restore-secret-relay = Missing: the token of the relay { $address }. Paste its join link again in Settings, or ask whoever runs it for a new one.
