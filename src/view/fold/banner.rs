//! Notices as lines above the cards, and the short-lived line at the bottom.

use super::scene::Scene;
use super::sentence::fault;
use super::{button, file_error, remedy};
use crate::model::{Action, Class, Notice, NoticeKind, PendingWord, Reason, Toast};
use crate::view::{Badge, Banner, Msg, messages as m};

/// The lines above the cards, in the order they came.
pub(super) fn fold(scene: &Scene) -> Vec<Banner> {
    let notices = scene.inputs.notices.iter();
    notices.filter_map(|notice| banner(scene, notice)).collect()
}

/// The short-lived line at the bottom.
pub(super) fn toast(toast: &Toast) -> Msg {
    match toast {
        Toast::Copied { url } => m::toast_copied(url),
        Toast::Deleted { name } => m::toast_deleted(name),
        Toast::Imported { count } => m::toast_imported(*count),
        Toast::Backup { result: Ok(file) } => m::toast_backup(file),
        Toast::Backup { result: Err(error) } => m::toast_backup_failed(file_error(error)),
        Toast::Renewed { name } => m::toast_renewed(name),
        Toast::DesktopRefused { detail } => m::toast_desktop_refused(detail),
    }
}

pub(super) fn banner(scene: &Scene, notice: &Notice) -> Option<Banner> {
    match &notice.kind {
        NoticeKind::NeedsYou { tunnel, reason } => {
            // Once the tunnel is gone from the screen, so is what it asked for.
            let group = scene.group(tunnel)?;
            let text = m::banner_needs_you(fault(reason), group.tunnel.name.as_str());
            Some(Banner {
                remedy: Some(remedy::for_reason(scene, group, reason)),
                ..line(notice, reason_badge(reason), text)
            })
        }
        NoticeKind::HeldLost { tunnel, open } => {
            let name = scene.group(tunnel)?.tunnel.name.as_str();
            let text = m::banner_held_lost(*open, name);
            Some(line(notice, Badge::Reconnecting, text))
        }
        NoticeKind::ChangeRefused {
            account, reason, ..
        }
        | NoticeKind::AccountTrouble { account, reason } => {
            let (badge, text) = match &notice.kind {
                NoticeKind::AccountTrouble { .. } => {
                    let name = scene.inputs.providers.of(account.provider).name;
                    (reason_badge(reason), m::banner_account(fault(reason), name))
                }
                kind => plain(kind)?,
            };
            let remedy = match reason {
                reason if reason.is_about_the_account() => Some(button::sign_in(scene, account)),
                Reason::NotInstalled { .. } => {
                    Some(button::account(account, m::act_install_help()))
                }
                _ => None,
            };
            Some(Banner {
                remedy,
                ..line(notice, badge, text)
            })
        }
        kind => {
            let (badge, text) = plain(kind)?;
            Some(line(notice, badge, text))
        }
    }
}

fn line(notice: &Notice, badge: Badge, text: Msg) -> Banner {
    Banner {
        badge,
        text,
        remedy: None,
        dismiss: Action::DismissNotice { id: notice.id },
    }
}

fn setting_unknown(file: &str, key: &str, meant: Option<&str>, kept: bool) -> Msg {
    let unknown = match meant {
        Some(meant) => m::banner_setting_unknown_meant(file, key, meant),
        None => m::banner_setting_unknown(file, key),
    };
    if kept {
        unknown
    } else {
        m::banner_setting_lost(unknown)
    }
}

/// What is lost is red, what was replaced amber, what is only good to know grey. `None` for what
/// concerns one tunnel.
pub(super) fn plain(kind: &NoticeKind) -> Option<(Badge, Msg)> {
    let (lost, replaced, known) = (Badge::Failed, Badge::ServiceDown, Badge::Stopped);
    Some(match kind {
        NoticeKind::FileCorrupt { file, kept_as } => {
            (replaced, m::banner_file_corrupt(file, kept_as))
        }
        NoticeKind::FileTooNew { file } => (replaced, m::banner_file_too_new(file)),
        NoticeKind::FileUnreadable { file } => (lost, m::banner_file_unreadable(file)),
        NoticeKind::EntriesUnread { file, count } => (lost, m::banner_entries_unread(*count, file)),
        NoticeKind::EntriesDropped {
            file,
            count,
            kept_as,
        } => (replaced, m::banner_entries_dropped(*count, file, kept_as)),
        NoticeKind::SettingUnknown {
            file,
            key,
            meant,
            kept,
        } => (
            replaced,
            setting_unknown(file, key, meant.as_deref(), *kept),
        ),
        NoticeKind::SettingMistyped { file, key } => {
            (replaced, m::banner_setting_mistyped(file, key))
        }
        NoticeKind::PortTaken {
            wanted,
            port,
            detail,
        } => (
            replaced,
            m::banner_port_taken(detail, port.to_string(), wanted.to_string()),
        ),
        NoticeKind::NothingSaved { detail } => (lost, m::banner_nothing_saved(detail)),
        NoticeKind::FileNotSaved { file, detail } => (lost, m::banner_file_not_saved(detail, file)),
        NoticeKind::SecretNotKept { detail } => (lost, m::banner_secret_not_kept(detail)),
        NoticeKind::TokenImported { account, variable } => (
            known,
            m::banner_token_imported(account.provider.as_str(), variable),
        ),
        NoticeKind::TokenIgnored { account, variable } => (
            replaced,
            m::banner_token_ignored(account.provider.as_str(), variable),
        ),
        NoticeKind::SettingsInvalid { detail } => (replaced, m::banner_settings_invalid(detail)),
        NoticeKind::AuditNotWritten { detail } => (lost, m::banner_audit_not_written(detail)),
        NoticeKind::ChangeRefused {
            change,
            name,
            reason,
            ..
        } => {
            let why = match reason {
                // The sentence for our relay's limit is about what is hosted.
                Reason::TooManyTunnels { limit } => m::fault_account_full(*limit),
                reason => fault(reason),
            };
            let name = name.as_str();
            let text = match change {
                PendingWord::Create => m::banner_not_created(why, name),
                PendingWord::Delete => m::banner_not_deleted(why, name),
                PendingWord::Change => m::banner_not_changed(why, name),
            };
            (reason_badge(reason), text)
        }
        NoticeKind::AccountTrouble { account, reason } => (
            reason_badge(reason),
            m::banner_account(fault(reason), account.provider.as_str()),
        ),
        NoticeKind::NoTrayHost => (known, m::banner_no_tray_host()),
        NoticeKind::NoKeychain => (known, m::banner_no_keychain()),
        NoticeKind::Crashed { hosting: true } => (known, m::banner_crashed()),
        NoticeKind::Crashed { hosting: false } => (known, m::banner_crashed_idle()),
        NoticeKind::HeldLost { .. } | NoticeKind::NeedsYou { .. } => return None,
    })
}

fn reason_badge(reason: &Reason) -> Badge {
    match (reason.class(), reason) {
        (Class::SignIn, _) => Badge::SignIn,
        (Class::Displaced, Reason::HostedElsewhere) => Badge::Elsewhere,
        (Class::Displaced, Reason::HostedHere { .. }) | (Class::Fatal | Class::Transient, _) => {
            Badge::Failed
        }
        (Class::Displaced, _) => Badge::TakenOver,
        (Class::Quota, _) => Badge::OverQuota,
    }
}
