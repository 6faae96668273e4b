//! Draws a QR code.

use qrcodegen::{QrCode, QrCodeEcc};
use slint::{Image, Rgb8Pixel, SharedPixelBuffer};

/// Light modules around the code, on each side.
const MARGIN: i32 = 2;
/// Pixels of one module: enough to be sharp at twice the size it is shown.
const SCALE: i32 = 12;

/// The code that says `text`; an empty image when it is too long for any.
pub(super) fn image(text: &str) -> Image {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return Image::default();
    };
    let side = (code.size() + 2 * MARGIN) * SCALE;
    let Ok(pixels) = u32::try_from(side) else {
        return Image::default();
    };
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(pixels, pixels);
    let places = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    for (pixel, (x, y)) in buffer.make_mut_slice().iter_mut().zip(places) {
        let dark = code.get_module(x / SCALE - MARGIN, y / SCALE - MARGIN);
        let shade = if dark { 0 } else { 255 };
        *pixel = Rgb8Pixel::new(shade, shade, shade);
    }
    Image::from_rgb8(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gives_a_square_and_a_novel_gives_nothing() {
        let size = image("http://web.localhost:7480/").size();
        assert!(size.width == size.height && size.width > 200, "{size:?}");
        assert_eq!(image(&"x".repeat(9000)).size().width, 0);
    }
}
