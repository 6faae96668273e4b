//! The window on Slint's testing backend, its actions recorded, and a person's hands.

use i_slint_backend_testing::{
    AccessibleRole, ElementHandle, TestingBackend, TestingBackendOptions, mock_elapsed_time,
};
use slint::platform::{Key, WindowEvent};
use slint::{ComponentHandle, LogicalSize, PhysicalSize, SharedString};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use underpass::model::Action;
use underpass::shell::text::Catalogue;
use underpass::shell::window::Window;
use underpass::view::View;

pub struct Bench {
    pub window: Window,
    actions: Rc<RefCell<Vec<Action>>>,
}

impl Bench {
    /// A window of 980 x 640 that shows `view`.
    pub fn new(view: &View) -> Self {
        // One backend a thread; a second test on the same thread finds the first one's.
        let _ =
            slint::platform::set_platform(Box::new(TestingBackend::new(TestingBackendOptions {
                mock_time: true,
                threading: false,
                renderer_name: Some("software".into()),
            })));
        let actions = Rc::new(RefCell::new(vec![]));
        let sink = Rc::clone(&actions);
        let window = Window::new(move |action| sink.borrow_mut().push(action)).expect("a window");
        let bench = Self { window, actions };
        bench.window.show().expect("it shows");
        bench.resize(980, 640, 1.0);
        bench.render(view);
        bench
    }

    pub fn resize(&self, width: u32, height: u32, scale: f32) {
        let window = self.window.ui().window();
        window.dispatch_event(WindowEvent::ScaleFactorChanged {
            scale_factor: scale,
        });
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "small whole numbers"
        )]
        let physical = |logical: u32| (logical as f32 * scale) as u32;
        window.set_size(PhysicalSize::new(physical(width), physical(height)));
        // The backend takes pixels for logical ones.
        #[expect(clippy::cast_precision_loss, reason = "small whole numbers")]
        let size = LogicalSize::new(width as f32, height as f32);
        window.dispatch_event(WindowEvent::Resized { size });
        self.settle();
    }

    pub fn render(&self, view: &View) {
        let catalogue = Catalogue::new(view.language);
        self.window.render(&Arc::new(view.clone()), &catalogue);
        self.settle();
    }

    /// Lets bindings, change handlers and animations come to rest.
    #[expect(
        clippy::unused_self,
        reason = "it reads as what is done to this window"
    )]
    pub fn settle(&self) {
        for _ in 0..4 {
            mock_elapsed_time(Duration::from_millis(100));
        }
    }

    pub fn find(&self, label: &str) -> Option<ElementHandle> {
        ElementHandle::find_by_accessible_label(self.window.ui(), label)
            .find(|element| !matches!(element.accessible_role(), None | Some(AccessibleRole::None)))
    }

    pub fn get(&self, label: &str) -> ElementHandle {
        self.find(label)
            .unwrap_or_else(|| panic!("nothing is called {label:?}"))
    }

    pub fn shows(&self, label: &str) -> bool {
        self.find(label).is_some()
    }

    pub fn click(&self, label: &str) {
        self.get(label)
            .mock_single_click(slint::platform::PointerEventButton::Left);
        self.settle();
    }

    /// Picks one of a few by its word.
    pub fn pick(&self, label: &str) {
        let option = ElementHandle::find_by_accessible_label(self.window.ui(), label)
            .find(|element| element.accessible_role() == Some(AccessibleRole::RadioButton));
        let option = option.unwrap_or_else(|| panic!("no {label:?} to pick"));
        option.mock_single_click(slint::platform::PointerEventButton::Left);
        self.settle();
    }

    pub fn key(&self, text: impl Into<SharedString>) {
        let text = text.into();
        let window = self.window.ui().window();
        window.dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
        window.dispatch_event(WindowEvent::KeyReleased { text });
        self.settle();
    }

    pub fn control(&self, letter: &str) {
        let window = self.window.ui().window();
        window.dispatch_event(WindowEvent::KeyPressed {
            text: Key::Control.into(),
        });
        self.key(letter);
        window.dispatch_event(WindowEvent::KeyReleased {
            text: Key::Control.into(),
        });
    }

    pub fn write(&self, text: &str) {
        for letter in text.chars() {
            self.key(letter);
        }
    }

    /// What was asked for since the last time.
    pub fn actions(&self) -> Vec<Action> {
        self.actions.take()
    }

    /// Whether this has the focus, by what typing into it does to its value.
    pub fn types_into(&self, label: &str) -> bool {
        let value = || self.get(label).accessible_value();
        let before = value();
        self.key("7");
        let after = value();
        before != after
    }

    /// Writes what is on screen to `target/window-shots/NAME.png`.
    pub fn shoot(&self, name: &str) {
        self.settle();
        let pixels = self
            .window
            .ui()
            .window()
            .take_snapshot()
            .expect("a picture");
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/window-shots");
        std::fs::create_dir_all(&folder).expect("target is writable");
        let file =
            std::fs::File::create(folder.join(format!("{name}.png"))).expect("target is writable");
        let mut encoder = png::Encoder::new(
            std::io::BufWriter::new(file),
            pixels.width(),
            pixels.height(),
        );
        encoder.set_compression(png::Compression::Fast);
        encoder.set_color(png::ColorType::Rgba);
        let mut writer = encoder.write_header().expect("a header");
        writer
            .write_image_data(pixels.as_bytes())
            .expect("a picture");
    }
}
