### Importing from other programs, and backups.

## Why something is not imported

import-unreadable = It can't be read as it is ({ $detail }), so nothing from it is imported. Check it with the program it belongs to.
import-too-much = It is too large: only the first { $detail } are read.
import-no-port = It leads to “{ $detail }”, but a tunnel leads to a port. Start a server for it, then create a tunnel to that server.
import-not-carried = No provider here supports “{ $detail }”.
import-restricts = { $detail } keeps visitors out, and nothing here does that in the same way. Create the tunnel by hand once you know who should get in.
import-unknown = “{ $detail }” isn't known here and might keep visitors out. Create the tunnel by hand.
import-left-out = There is no equivalent here, so the tunnel does without it.
import-invalid = Expected: { $detail }.
import-template = The other program fills in its value. Put the value itself in the file.
import-for-all = It is set for all tunnels at once, in Settings ({ $detail }).
import-no-provider = This build doesn't include the provider “{ $detail }”.
import-frp-server = Underpass doesn't speak frp's protocol: tunnels to ports are imported for its own relay. An frps with an SSH gateway can be used with provider ssh, service frps.
import-frp-port = Visitors will use another port, which the Underpass relay assigns. To request one: --public-port.
import-frp-name = Visitors will use another name, at the Underpass relay.
import-frp-includes = Included files aren't read. Import each one by itself: underpass import FILE.
import-frp-token = It is only for the frp server, which isn't used, so it isn't saved.

## The dialog

menu-import = Import…
import-title = Import from other programs
import-looking = Looking for files of other programs…
import-nothing = Nothing found where ssh, ngrok, cloudflared and frp keep their files. Choose a file below.
import-body = What you select becomes tunnels here, which aren't hosted yet. The files aren't changed.
import-submit = { $count ->
    [0] Import
    [one] Import 1 tunnel
   *[other] Import { $count } tunnels
}
import-file = { $file }
import-format = { $format }
import-tunnel = { $name } → { $target }
import-there = “{ $name }” already leads to { $target }.
import-token = The token of { $name } is stored as a secret.
import-token-there = { $name } already has a token, which is kept.
import-skipped = Not imported: { $what }
import-skipped-at = Not imported, line { $line }: { $what }
import-other = Another file
import-look = Read
import-listed = Tunnels in your { $name } account are listed once you sign in, whichever program created them.
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

file-unread = { $file } can't be read: { $detail }
file-of-no-kind = { $file } can't be imported. Supported: { $kinds }.
file-there = { $file } already exists. Choose another file.
file-no-home = Your home folder is unknown. Set HOME and start Underpass again.
file-late = The disk isn't responding. Try again once it does.
file-busy = An earlier import is still reading: its disk isn't responding. Try again once it does, or restart Underpass.
file-broken-off = Reading was interrupted. Try again.
file-not-whole = The backup would lack what couldn't be read from { $file }. Fix that file and start Underpass again; or dismiss the notification about it and save the rest.

## What is wrong with a file

file-absent = The file doesn't exist.
file-not-permitted = You don't have permission to use it.
file-no-file = It isn't a regular file but a folder, a pipe or a device.
file-no-text = It isn't text.
file-too-long = It is larger than { $detail } bytes.
file-disk-full = The disk is full.
file-read-only = The disk is read-only.
file-system-says = The system says: { $detail }

## The command line

import-in-account = Tunnels in your { $name } account don't need importing, whichever program created them: they are listed once you sign in (underpass account sign-in { $provider }).
cli-import-file = { $file } ({ $format })
cli-import-tunnel = + { $tunnel }  { $protocol }  { $target }  { $provider }
cli-import-there = = “{ $name }” already leads to { $target }
cli-import-skipped = - line { $text }
cli-import-skipped-whole = - { $text }
cli-import-token = + token of { $name }: stored as a secret
cli-import-token-would = + token of { $name }: would be stored as a secret
cli-import-token-there = = { $name } already has a token, which is kept; this one isn't
cli-import-none = There is nothing to import.
cli-import-would = Tunnels that would be created: { $count }. To import one file: underpass import FILE. To import all of this: underpass import --all
cli-import-done = Tunnels created: { $count }. Nothing is hosted yet: underpass tunnels list

## Backups

backup-done = { $count ->
    [one] Saved { $count } tunnel and the settings to { $file }, without secrets.
   *[other] Saved { $count } tunnels and the settings to { $file }, without secrets.
}
backup-there = { $file } already exists. Choose another file, or add --force.
backup-not-written = { $file } can't be written: { $detail }
backup-lacks = A backup would lack what can't be read from { $file }, so none was made and nothing was changed. Fix that file; or start Underpass, which keeps a copy of it and continues with the rest.
restore-too-new = { $file } was written by a newer version of Underpass. Update this one first; nothing was changed.
restore-unreadable = { $file } isn't a usable backup: { $detail }. Nothing was changed.
restore-not-taken = The backup couldn't be restored ({ $detail }): everything is as it was before.
restore-half-taken = The backup couldn't be restored ({ $detail }), and what was already restored couldn't be undone ({ $undo }): some of its tunnels may be in the list now. What you had before is in { $before }.
restore-added = + { $name }
restore-kept = = { $name } already exists and stays as it is
restore-settings = Settings restored from the backup.
restore-settings-would = Settings would be restored from the backup.
restore-before = What you had before is in { $file }.
restore-done = Tunnels restored: { $count }. Nothing is hosted yet.
restore-would = Tunnels that would be restored: { $count }.
restore-secret-of = Missing: { $key } of “{ $name }”. Backups contain no secrets: create the tunnel again with it, or set it with --set { $key }=@FILE when you host it.
restore-secret-token = Missing: the token for { $account }. Add it: underpass account add { $provider }
restore-secret-relay = Missing: the token for the relay { $address }. Paste its join link again in Settings, or ask its owner for a new one.
