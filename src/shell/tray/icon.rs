//! The tray's icon: a tunnel's mouth in the state's colour, with the state's shape in a corner.
//!
//! `ui/icons/tray.svg` is the one drawing; this file picks its colour, corner and size. A panel may
//! be light or dark and does not say which, so every colour here stands out from both.

use super::TrayError;
use crate::view::Badge;

const DRAWING: &str = include_str!("../../../ui/icons/tray.svg");

/// What the drawing says as it is: no state, at its own size.
const PLAIN_SIZE: &str = r#"width="64" height="64" viewBox"#;
const PLAIN_COLOUR: &str = r##"color="#7C8794""##;
const PLAIN_CORNER: &str = r##"href="#none""##;
const PLAIN_MASK: &str = "url(#whole)";

/// Pixels on one side of the icon that panels get. They show it at 16 to 32 and scale it down.
pub(super) const SIZE: u32 = 64;

/// What tells one state's icon from another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    colour: &'static str,
    corner: &'static str,
}

const OK: &str = "#16A34A";
const WARN: &str = "#D97706";
const BAD: &str = "#DC2626";
const BUSY: &str = "#3B82F6";
const OTHER: &str = "#8B5CF6";
const GREY: &str = "#7C8794";

impl Look {
    /// The look of the worst state; plain grey when nothing should be hosted.
    pub(super) const fn of(worst: Option<Badge>) -> Self {
        let Some(badge) = worst else {
            return Self::new(GREY, "none");
        };
        match badge {
            Badge::Stopped => Self::new(GREY, "ring"),
            Badge::Creating | Badge::Unchecked => Self::new(GREY, "dots"),
            Badge::Elsewhere => Self::new(GREY, "swap"),
            Badge::Private => Self::new(OK, "half"),
            Badge::Working => Self::new(OK, "disc"),
            // They work: no shape of what needs the person.
            Badge::Slow | Badge::Full => Self::new(WARN, "half"),
            Badge::Checking | Badge::Connecting => Self::new(BUSY, "dots"),
            Badge::NoNetwork => Self::new(GREY, "cross"),
            Badge::Held | Badge::Reconnecting => Self::new(WARN, "turn"),
            Badge::ServiceDown => Self::new(WARN, "triangle"),
            Badge::Busy | Badge::OverQuota => Self::new(WARN, "quarter"),
            Badge::Unreachable | Badge::Failed => Self::new(BAD, "cross"),
            Badge::TakenOver => Self::new(OTHER, "swap"),
            Badge::SignIn => Self::new(WARN, "key"),
        }
    }

    const fn new(colour: &'static str, corner: &'static str) -> Self {
        Self { colour, corner }
    }

    fn svg(self, size: u32) -> String {
        let mask = if self.corner == "none" {
            PLAIN_MASK
        } else {
            "url(#cut)"
        };
        DRAWING
            .replace(
                PLAIN_SIZE,
                &format!(r#"width="{size}" height="{size}" viewBox"#),
            )
            .replace(PLAIN_COLOUR, &format!(r#"color="{}""#, self.colour))
            .replace(PLAIN_CORNER, &format!(r##"href="#{}""##, self.corner))
            .replace(PLAIN_MASK, mask)
    }

    /// The icon as straight (not premultiplied) RGBA, `size` pixels on a side.
    pub(super) fn pixels(self, size: u32) -> Result<Vec<u8>, TrayError> {
        let image = slint::Image::load_from_svg_data(self.svg(size).as_bytes())
            .map_err(|_| TrayError::Icon)?;
        let pixels = image.to_rgba8().ok_or(TrayError::Icon)?;
        Ok(pixels.as_bytes().to_vec())
    }
}

/// The pixels of [`Look::pixels`] at [`SIZE`] as the tray takes them.
pub(super) fn from_pixels(pixels: &[u8]) -> Result<tray_icon::Icon, TrayError> {
    tray_icon::Icon::from_rgba(pixels.to_vec(), SIZE, SIZE).map_err(|_| TrayError::Icon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const ALL: [Badge; 20] = [
        Badge::Stopped,
        Badge::Creating,
        Badge::Elsewhere,
        Badge::Private,
        Badge::Working,
        Badge::Slow,
        Badge::Full,
        Badge::Unchecked,
        Badge::Checking,
        Badge::Connecting,
        Badge::Busy,
        Badge::Held,
        Badge::NoNetwork,
        Badge::Reconnecting,
        Badge::ServiceDown,
        Badge::OverQuota,
        Badge::Unreachable,
        Badge::TakenOver,
        Badge::SignIn,
        Badge::Failed,
    ];

    fn looks() -> impl Iterator<Item = Look> {
        std::iter::once(Look::of(None)).chain(ALL.map(|badge| Look::of(Some(badge))))
    }

    #[test]
    fn the_drawing_holds_every_word_that_is_picked() {
        for plain in [PLAIN_SIZE, PLAIN_COLOUR, PLAIN_CORNER] {
            assert_eq!(DRAWING.matches(plain).count(), 1, "{plain}");
        }
        assert_eq!(
            DRAWING.matches(&format!("mask=\"{PLAIN_MASK}\"")).count(),
            1
        );
        for look in looks() {
            assert!(
                DRAWING.contains(&format!(r#"id="{}""#, look.corner)),
                "{look:?}"
            );
        }
    }

    #[test]
    fn every_state_is_drawn_at_every_size() {
        for look in looks() {
            for size in [16, 22, 24, 32, 48, 64] {
                let pixels = look.pixels(size).expect("the drawing is an SVG");
                assert_eq!(pixels.len(), (size * size * 4) as usize);
                let painted = pixels.chunks(4).filter(|pixel| pixel[3] > 128).count();
                assert!(
                    painted * 3 > (size * size) as usize,
                    "{look:?} at {size} is nearly empty"
                );
            }
        }
    }

    /// Two states may share an icon only when they mean the same to someone who glances at it.
    #[test]
    fn colour_is_never_the_only_sign() {
        let mut colours_of_shape: BTreeMap<&str, Vec<(&str, Badge)>> = BTreeMap::new();
        for badge in ALL {
            let look = Look::of(Some(badge));
            colours_of_shape
                .entry(look.corner)
                .or_default()
                .push((look.colour, badge));
        }
        let needs_and_works = colours_of_shape.values().any(|users| {
            users.iter().any(|(_, badge)| badge.works())
                && users.iter().any(|(_, badge)| badge.needs_you())
        });
        assert!(!needs_and_works, "{colours_of_shape:?}");
        let plain = Look::of(None);
        assert!(
            ALL.iter()
                .all(|badge| Look::of(Some(*badge)).corner != plain.corner)
        );
    }

    #[test]
    fn every_colour_stands_out_from_light_and_dark_panels() {
        for colour in [OK, WARN, BAD, BUSY, OTHER, GREY] {
            for panel in ["#FFFFFF", "#1D222A"] {
                let contrast = contrast(colour, panel);
                assert!(contrast >= 3.0, "{colour} on {panel}: {contrast:.2}");
            }
        }
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value =
                f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("hex")) / 255.0;
            if value <= 0.03928 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    /// A sheet to look at: `target/tray-icons.ppm`, each state at 16, 24, 32 and 64 pixels on a
    /// light and a dark panel.
    #[test]
    fn the_icons_are_drawn_on_a_sheet_to_look_at() {
        const COLUMNS: usize = 16;
        const CELL: usize = 72;
        let (width, height) = (COLUMNS * CELL, 8 * CELL);
        let mut sheet = vec![255_u8; width * height * 3];
        sheet[width * height / 2 * 3..]
            .as_chunks_mut::<3>()
            .0
            .fill([0x1D, 0x22, 0x2A]);
        for (column, look) in looks().enumerate() {
            for (row, size) in [16_u32, 24, 32, 64].into_iter().enumerate() {
                let pixels = look.pixels(size).expect("the drawing is an SVG");
                for half in [0, 4] {
                    paint(
                        &mut sheet,
                        width,
                        &pixels,
                        size as usize,
                        (column * CELL + 4, (row + half) * CELL + 4),
                    );
                }
            }
        }
        let mut ppm = format!("P6 {width} {height} 255\n").into_bytes();
        ppm.extend(&sheet);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        std::fs::create_dir_all(&folder).expect("the build wrote there too");
        std::fs::write(folder.join("tray-icons.ppm"), ppm).expect("the folder was just made");
    }

    fn paint(
        sheet: &mut [u8],
        width: usize,
        pixels: &[u8],
        size: usize,
        (left, top): (usize, usize),
    ) {
        for (index, pixel) in pixels.as_chunks::<4>().0.iter().enumerate() {
            let at = ((top + index / size) * width + left + index % size) * 3;
            let alpha = u16::from(pixel[3]);
            for (under, over) in sheet[at..at + 3].iter_mut().zip(pixel) {
                let mixed = (u16::from(*over) * alpha + u16::from(*under) * (255 - alpha)) / 255;
                *under = u8::try_from(mixed).unwrap_or(u8::MAX);
            }
        }
    }
}
