//! [`Codec`]: the compressed bytes of a strip or tile → its plain bytes.

use std::error::Error;

use flate2::{Decompress, FlushDecompress, Status};
use weezl::decode::{Configuration, Decoder};
use weezl::{BitOrder, LzwStatus};

#[cfg(feature = "formats")]
use super::formats;
use super::shape::Shape;

/// The supported compressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Uncompressed.
    Plain,
    /// LZW, most significant bit first, with the early change of code width that TIFF requires.
    Lzw,
    /// A zlib stream, under either of two tag values.
    Deflate,
    /// Run lengths.
    PackBits,
    /// A Zstandard frame.
    #[cfg(feature = "formats")]
    Zstandard,
    /// A JPEG image without its tables.
    #[cfg(feature = "formats")]
    Jpeg,
    /// CCITT Group 4 fax, for one bit.
    #[cfg(feature = "formats")]
    Fax,
}

/// A decompressor, which is reused for all strips and tiles of a page.
pub(super) enum Codec {
    Plain,
    Lzw(Box<Decoder>),
    Deflate(Box<Decompress>),
    PackBits,
    #[cfg(feature = "formats")]
    Zstandard,
    #[cfg(feature = "formats")]
    Jpeg,
    #[cfg(feature = "formats")]
    Fax,
}

impl Method {
    /// The method for a value of the Compression tag.
    pub(super) fn new(code: u64) -> Option<Self> {
        match code {
            1 => Some(Self::Plain),
            5 => Some(Self::Lzw),
            8 | 32946 => Some(Self::Deflate),
            32773 => Some(Self::PackBits),
            #[cfg(feature = "formats")]
            50000 => Some(Self::Zstandard),
            #[cfg(feature = "formats")]
            7 => Some(Self::Jpeg),
            #[cfg(feature = "formats")]
            4 => Some(Self::Fax),
            _ => None,
        }
    }

    /// Whether the Predictor tag applies to this method.
    pub(super) fn predicts(self) -> bool {
        match self {
            Self::Lzw | Self::Deflate => true,
            #[cfg(feature = "formats")]
            Self::Zstandard => true,
            _ => false,
        }
    }

    /// Whether the FillOrder tag applies to the compressed bytes.
    pub(super) fn has_fill_order(self) -> bool {
        match self {
            #[cfg(feature = "formats")]
            Self::Jpeg => false,
            _ => true,
        }
    }

    /// Whether decompressed samples differ from those that were compressed.
    pub(super) fn is_lossy(self) -> bool {
        match self {
            #[cfg(feature = "formats")]
            Self::Jpeg => true,
            _ => false,
        }
    }
}

impl Codec {
    pub(super) fn new(method: Method) -> Self {
        match method {
            Method::Plain => Self::Plain,
            Method::Lzw => {
                // Stop at the last byte needed, even if no end code follows.
                let lzw = Configuration::with_tiff_size_switch(BitOrder::Msb, 8).with_yield_on_full_buffer(true);
                Self::Lzw(Box::new(lzw.build()))
            }
            Method::Deflate => Self::Deflate(Box::new(Decompress::new(true))),
            Method::PackBits => Self::PackBits,
            #[cfg(feature = "formats")]
            Method::Zstandard => Self::Zstandard,
            #[cfg(feature = "formats")]
            Method::Jpeg => Self::Jpeg,
            #[cfg(feature = "formats")]
            Method::Fax => Self::Fax,
        }
    }

    /// Decodes `input` into `output` and returns the number of bytes written, which is less than its length if the
    /// input ends early. Nothing is decoded beyond `output`.
    pub(super) fn decode(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        shape: Shape<'_>,
    ) -> Result<usize, Box<dyn Error + Send + Sync>> {
        #[cfg(not(feature = "formats"))]
        let _ = shape;
        match self {
            Self::Plain => {
                let length = input.len().min(output.len());
                output[..length].copy_from_slice(&input[..length]);
                Ok(length)
            }
            Self::Lzw(decoder) => lzw(decoder, input, output),
            Self::Deflate(decoder) => deflate(decoder, input, output),
            Self::PackBits => Ok(pack_bits(input, output)),
            #[cfg(feature = "formats")]
            Self::Zstandard => formats::zstandard(input, output),
            #[cfg(feature = "formats")]
            Self::Jpeg => formats::jpeg(input, output, shape),
            #[cfg(feature = "formats")]
            Self::Fax => Ok(formats::fax(input, output, shape.width)),
        }
    }
}

fn lzw(decoder: &mut Decoder, mut input: &[u8], output: &mut [u8]) -> Result<usize, Box<dyn Error + Send + Sync>> {
    decoder.reset();
    let mut filled = 0;
    while filled < output.len() {
        let step = decoder.decode_bytes(input, &mut output[filled..]);
        input = &input[step.consumed_in..];
        filled += step.consumed_out;
        match step.status {
            Ok(LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) => break,
            Err(error) => return Err(Box::new(error)),
        }
    }
    Ok(filled)
}

fn deflate(
    decoder: &mut Decompress,
    mut input: &[u8],
    output: &mut [u8],
) -> Result<usize, Box<dyn Error + Send + Sync>> {
    decoder.reset(true);
    let mut filled = 0;
    while filled < output.len() {
        let (before_in, before_out) = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress(input, &mut output[filled..], FlushDecompress::None)?;
        let consumed = (decoder.total_in() - before_in) as usize;
        let produced = (decoder.total_out() - before_out) as usize;
        input = &input[consumed..];
        filled += produced;
        if status != Status::Ok || consumed + produced == 0 {
            break;
        }
    }
    Ok(filled)
}

/// Decodes run lengths into `output` and returns the number of bytes written. DICOM has the same.
pub(in crate::read) fn pack_bits(mut input: &[u8], output: &mut [u8]) -> usize {
    let mut filled = 0;
    while let Some((&header, rest)) = input.split_first()
        && filled < output.len()
    {
        let free = output.len() - filled;
        match header as i8 {
            // Padding.
            i8::MIN => input = rest,
            // The next 1 to 128 bytes are literal.
            literal @ 0.. => {
                let length = (literal as usize + 1).min(rest.len());
                let wanted = length.min(free);
                output[filled..filled + wanted].copy_from_slice(&rest[..wanted]);
                filled += wanted;
                input = &rest[length..];
            }
            // The next byte repeats 2 to 128 times.
            repeat => {
                let Some((&value, rest)) = rest.split_first() else { break };
                let wanted = (1 + repeat.unsigned_abs() as usize).min(free);
                output[filled..filled + wanted].fill(value);
                filled += wanted;
                input = rest;
            }
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_bits_decodes_the_example_of_the_specification() {
        // TIFF 6.0, section 9.
        let packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
        let plain = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa, 0xaa, 0xaa,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        let mut output = [0; 24];
        assert_eq!(pack_bits(&packed, &mut output), 24);
        assert_eq!(output, plain);
        // Shorter inputs give a prefix, shorter outputs are filled.
        for length in 0..packed.len() {
            let mut output = [0; 24];
            let filled = pack_bits(&packed[..length], &mut output);
            assert_eq!(output[..filled], plain[..filled], "{length} bytes of input");
        }
        for length in 0..plain.len() {
            let mut output = vec![0; length];
            assert_eq!(pack_bits(&packed, &mut output), length);
            assert_eq!(output, plain[..length]);
        }
    }

    #[test]
    fn pack_bits_skips_padding_and_stops_at_a_repeat_without_a_value() {
        let mut output = [7; 4];
        assert_eq!(pack_bits(&[0x80, 0x80, 0x00, 1, 0x80, 0xff], &mut output), 1);
        assert_eq!(output, [1, 7, 7, 7]);
    }

    #[test]
    fn a_codec_is_reset_for_each_chunk() {
        let plain: Vec<u8> = (0..5000_u32).map(|i| (i * i % 251) as u8).collect();
        let mut encoder = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8);
        let packed = encoder.encode(&plain).expect("weezl encodes");
        let mut codec = Codec::new(Method::Lzw);
        for length in [10, 5000, 3, 5000] {
            let mut output = vec![0; length];
            assert_eq!(codec.decode(&packed, &mut output, Shape::default()).expect("sound"), length);
            assert_eq!(output, plain[..length]);
        }
        // A truncated input gives the bytes before the cut.
        let mut output = vec![0; 5000];
        let filled = codec.decode(&packed[..packed.len() / 2], &mut output, Shape::default()).expect("sound so far");
        assert!(filled < 5000);
        assert_eq!(output[..filled], plain[..filled]);
    }
}
