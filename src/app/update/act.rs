//! What the person asks for. One arm an action.

use super::Update;
use super::inventory::New;
use crate::app::event::Command;
use crate::model::{
    AccountId, Action, DeviceCode, Dialog, DialogKind, PortKey, Program, ProviderId, Toast,
};
use crate::view::WindowOp;

impl Update<'_> {
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Host { tunnel } => self.host(&tunnel, false),
            Action::Stop { tunnel } => self.stop(&tunnel),
            Action::Reconnect { tunnel } => self.reconnect(&tunnel),
            Action::TakeOver { tunnel } => self.host(&tunnel, true),
            Action::CheckNow { key } => self.check_now(key),
            Action::CopyUrl { key } => self.copy_url(&key),
            Action::OpenUrl { key } => self.open_url(self.url(&key)),
            Action::Details { key } => self.details(key),
            Action::Select { key } => self.select(key),
            Action::Deselect => {
                self.state.inputs.toast = None;
                self.state.inputs.selected = None;
            }
            Action::OpenDialog { dialog } => self.open_dialog(dialog),
            Action::CloseDialog => {
                self.state.inputs.dialog = None;
                self.state.inputs.import = None;
            }
            Action::LookForImports { file } => self.look_for_imports(&file),
            Action::PickImport { at, on } => self.pick_import(at, on),
            Action::Import => self.import(),
            Action::SaveBackup { file } => self.save_backup(&file),
            Action::Share {
                target,
                provider,
                reach,
            } => self.share(&target, provider, reach),
            Action::CreateTunnel {
                name,
                provider,
                reach,
                access,
                target,
                protocol,
                public_port,
                options,
            } => self.create(&New {
                name: &name,
                provider,
                reach,
                access,
                target: &target,
                protocol,
                public_port: &public_port,
                options: &options,
            }),
            Action::AddPort {
                tunnel,
                target,
                protocol,
                public_port,
            } => self.add_port(&tunnel, &target, protocol, &public_port),
            Action::ChangeProtocol { key, protocol } => self.change_protocol(&key, protocol),
            Action::ChangeTarget { key, target } => self.change_target(&key, target),
            Action::Rename { tunnel, name } => self.rename(&tunnel, &name),
            Action::SetAccess { tunnel, access } => self.set_access(&tunnel, access),
            Action::Renew { tunnel } => self.renew(&tunnel),
            Action::Forget { tunnel } => self.forget_remote(&tunnel),
            Action::Refresh => self.refresh_all(true),
            Action::SignIn {
                account,
                way,
                device,
            } => self.sign_in(&account, &way, device),
            Action::CancelSignIn { account } => self.cancel_sign_in(&account),
            Action::SignOut { account } => self.sign_out(account),
            Action::CopyDeviceCode { account } => self.copy_device_code(&account),
            Action::OpenDevicePage { account } => self.open_device_page(&account),
            Action::CopyInstallCommand { provider } => self.copy_install_command(provider),
            Action::OpenInstallPage { provider } => self.open_install_page(provider),
            Action::KeepToken { account, token } => self.keep_token(&account, token),
            Action::ForgetToken { account } => self.forget_token(account),
            Action::SetOption {
                provider,
                key,
                value,
            } => self.set(|settings| settings.set_option(provider, &key, &value)),
            Action::SetHealth { scope, set } => self.set_health(&scope, &set),
            Action::HostWith { tunnel, key, value } => self.host_with(&tunnel, &key, &value),
            Action::DeleteTunnel { tunnel } => self.delete(&tunnel),
            Action::RemovePort { key } => self.remove_port(&key),
            Action::Set { setting } => self.set_setting(setting),
            Action::JoinRelay { link } => self.join_relay(&link),
            Action::LeaveRelay => self.leave_relay(),
            Action::DismissToast => self.state.inputs.toast = None,
            Action::DismissNotice { id } => {
                self.state.inputs.notices.retain(|notice| notice.id != id);
            }
            Action::ToggleWindow => self.window(WindowOp::Toggle),
            Action::OpenWindow => self.window(WindowOp::Show),
            Action::CloseWindow => self.window(WindowOp::Hide),
            Action::StopAll => self.stop_all(),
            Action::Quit => self.quit(),
        }
    }

    fn copy_url(&mut self, key: &PortKey) {
        let url = self.state.inputs.url_to_share(key);
        self.copy(url.map(str::to_owned));
    }

    fn copy_device_code(&mut self, account: &AccountId) {
        self.copy(self.device_code(account).map(|device| device.code.clone()));
    }

    fn open_device_page(&mut self, account: &AccountId) {
        self.open_url(self.device_code(account).map(|device| device.url.clone()));
    }

    fn copy_install_command(&mut self, provider: ProviderId) {
        let program = self.program(provider);
        self.copy(program.map(|program| program.install_command.to_owned()));
    }

    fn open_install_page(&mut self, provider: ProviderId) {
        let program = self.program(provider);
        self.open_url(program.map(|program| program.install_page.to_owned()));
    }

    fn stop_all(&mut self) {
        for tunnel in self.state.wanted() {
            self.stop(&tunnel);
        }
    }

    fn url(&self, key: &PortKey) -> Option<String> {
        self.state.inputs.url(key).map(str::to_owned)
    }

    fn device_code(&self, account: &AccountId) -> Option<&DeviceCode> {
        self.state.inputs.account(account).state.device_code()
    }

    fn program(&self, provider: ProviderId) -> Option<Program> {
        self.state.inputs.providers.of(provider).program
    }

    fn copy(&mut self, text: Option<String>) {
        if let Some(text) = text {
            self.show_toast(Toast::Copied { url: text.clone() });
            self.commands.push(Command::Copy(text));
        }
    }

    fn open_url(&mut self, url: Option<String>) {
        self.commands.extend(url.map(Command::OpenUrl));
    }

    fn window(&mut self, op: WindowOp) {
        self.commands.push(Command::Window(op));
    }

    fn details(&mut self, key: PortKey) {
        self.state.inputs.toast = None;
        self.state.inputs.selected = Some(key);
        self.window(WindowOp::Show);
    }

    fn select(&mut self, key: PortKey) {
        let again = self.state.inputs.selected.as_ref() == Some(&key);
        // It was said of what was on the screen before.
        self.state.inputs.toast = None;
        self.state.inputs.selected = (!again).then_some(key);
    }

    /// A dialog needs the window: the tray may have asked for it.
    fn open_dialog(&mut self, kind: DialogKind) {
        self.state.inputs.toast = None;
        match kind {
            DialogKind::Import => self.look_for_imports(""),
            DialogKind::CreateTunnel => self.find_programs(),
            _ => {}
        }
        let errors = vec![];
        self.state.inputs.dialog = Some(Dialog { kind, errors });
        self.window(WindowOp::Show);
    }
}
