//! [`Header`]: the values of a file that are used.

use std::collections::BTreeMap;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::dataset::{Dataset, Value};
use crate::error::{FileFault, Quantity};
use crate::read::{Limits, dicom_head};

/// The functional groups of enhanced objects that hold values of a frame.
const GROUPS: [Tag; 11] = [
    tags::FRAME_CONTENT_SEQUENCE,
    tags::MR_DIFFUSION_SEQUENCE,
    tags::MR_ECHO_SEQUENCE,
    tags::MR_IMAGE_FRAME_TYPE_SEQUENCE,
    tags::MR_MODIFIER_SEQUENCE,
    tags::MR_TIMING_AND_RELATED_PARAMETERS_SEQUENCE,
    tags::PIXEL_MEASURES_SEQUENCE,
    tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE,
    tags::PLANE_ORIENTATION_SEQUENCE,
    tags::PLANE_POSITION_SEQUENCE,
    tags::TEMPORAL_POSITION_SEQUENCE,
];

/// Values outside of sequences, besides those in [`OF_FRAME`] and [`OF_SUBJECT`].
const OF_OBJECT: [Tag; 33] = [
    tags::ACQUISITION_CONTRAST,
    tags::BITS_ALLOCATED,
    tags::BITS_STORED,
    tags::COLUMNS,
    tags::CONTRAST_BOLUS_AGENT,
    tags::DOUBLE_FLOAT_PIXEL_DATA,
    tags::ECHO_PULSE_SEQUENCE,
    tags::FLOAT_PIXEL_DATA,
    tags::FRAME_OF_REFERENCE_UID,
    tags::HIGH_BIT,
    tags::IMAGE_TYPE,
    tags::INSTANCE_NUMBER,
    tags::INVERSION_RECOVERY,
    tags::LOSSY_IMAGE_COMPRESSION,
    tags::MODALITY,
    tags::NUMBER_OF_FRAMES,
    tags::PHOTOMETRIC_INTERPRETATION,
    tags::PIXEL_REPRESENTATION,
    tags::PROTOCOL_NAME,
    tags::PULSE_SEQUENCE_NAME,
    tags::ROWS,
    tags::SAMPLES_PER_PIXEL,
    tags::SCANNING_SEQUENCE,
    tags::SEQUENCE_NAME,
    tags::SERIES_DESCRIPTION,
    tags::SERIES_INSTANCE_UID,
    tags::SERIES_NUMBER,
    tags::SOP_CLASS_UID,
    tags::SOP_INSTANCE_UID,
    tags::STUDY_INSTANCE_UID,
    tags::TEMPORAL_POSITION_IDENTIFIER,
    tags::ACQUISITION_NUMBER,
    tags::TRIGGER_TIME,
];

/// Names, identifiers and dates of the patient and the study, which a segmentation of the series repeats.
pub(super) const OF_SUBJECT: [Tag; 14] = [
    tags::ACCESSION_NUMBER,
    tags::PATIENT_AGE,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_ID,
    tags::PATIENT_NAME,
    tags::PATIENT_SEX,
    tags::PATIENT_SIZE,
    tags::PATIENT_WEIGHT,
    tags::REFERRING_PHYSICIAN_NAME,
    tags::SPECIFIC_CHARACTER_SET,
    tags::STUDY_DATE,
    tags::STUDY_DESCRIPTION,
    tags::STUDY_ID,
    tags::STUDY_TIME,
];

/// Values of a frame: outside of sequences, or in the functional groups.
const OF_FRAME: [Tag; 19] = [
    tags::COMPLEX_IMAGE_COMPONENT,
    tags::DIFFUSION_B_VALUE,
    tags::ECHO_TIME,
    tags::EFFECTIVE_ECHO_TIME,
    tags::FRAME_TYPE,
    tags::IMAGE_ORIENTATION_PATIENT,
    tags::IMAGE_POSITION_PATIENT,
    tags::INVERSION_TIME,
    tags::INVERSION_TIMES,
    tags::IN_STACK_POSITION_NUMBER,
    tags::PIXEL_SPACING,
    tags::REPETITION_TIME,
    tags::RESCALE_INTERCEPT,
    tags::RESCALE_SLOPE,
    tags::SLICE_THICKNESS,
    tags::SPACING_BETWEEN_SLICES,
    tags::STACK_ID,
    tags::TEMPORAL_POSITION_INDEX,
    tags::INVERSION_RECOVERY,
];

/// Some values of a file, by tag.
#[derive(Default)]
pub(super) struct Fields<'a> {
    values: BTreeMap<Tag, (VR, &'a [u8])>,
    big: bool,
}

/// The pixels of a file as they are stored.
pub(super) enum Stored<'a> {
    Plain {
        bytes: &'a [u8],
        /// Whether single bytes are stored in swapped pairs.
        swapped: bool,
    },
    /// The table of offsets, then the fragments of the frames.
    Fragments(Vec<&'a [u8]>),
}

/// The values of a file that are used.
pub(super) struct Header<'a> {
    pub(super) top: Fields<'a>,
    shared: Fields<'a>,
    frames: Vec<Fields<'a>>,
    /// Whether agents are stated in a sequence.
    pub(super) has_agents: bool,
    pub(super) stored: Stored<'a>,
}

impl<'a> Header<'a> {
    /// Reads the header of a file with pictures.
    pub(super) fn of(dataset: &Dataset<'a>, limits: &Limits) -> Result<Self, FileFault> {
        let big = dataset.is_big_endian();
        let fields = || Fields { values: BTreeMap::new(), big };
        let (mut top, mut shared, mut frames) = (fields(), fields(), Vec::new());
        let (mut has_agents, mut stored) = (false, None);
        let enters = |tag: Tag| {
            [
                tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
                tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
                tags::CONTRAST_BOLUS_AGENT_SEQUENCE,
            ]
            .contains(&tag)
                || GROUPS.contains(&tag)
        };
        dataset.walk(enters, |element| {
            let value = match element.value {
                Value::Fragments(fragments) => {
                    stored = Some(Stored::Fragments(fragments));
                    return Ok(());
                }
                Value::Plain(value) => value,
            };
            let entry = (element.vr, value);
            match element.path {
                [] if element.tag == tags::PIXEL_DATA => {
                    stored = Some(Stored::Plain { bytes: value, swapped: big && element.vr == VR::OW });
                }
                [] if [&OF_OBJECT[..], &OF_FRAME, &OF_SUBJECT].iter().any(|known| known.contains(&element.tag)) => {
                    top.values.insert(element.tag, entry);
                }
                [first, group] if GROUPS.contains(&group.tag) && OF_FRAME.contains(&element.tag) => {
                    if first.tag == tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE {
                        shared.values.insert(element.tag, entry);
                    } else if first.tag == tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE {
                        let (found, limit) = (first.item as u64, limits.pages);
                        if found > limit {
                            return Err(FileFault::OverLimit { what: Quantity::Slices, found, limit });
                        }
                        frames.resize_with(frames.len().max(first.item), fields);
                        frames[first.item - 1].values.insert(element.tag, entry);
                    }
                }
                [first, ..] => has_agents |= first.tag == tags::CONTRAST_BOLUS_AGENT_SEQUENCE,
                _ => {}
            }
            Ok(())
        })?;
        let class = top.text(tags::SOP_CLASS_UID);
        if let Some(kind) = dicom_head::class(class.as_bytes()) {
            return Err(FileFault::NoPictures { kind });
        }
        let floating = [tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA];
        if floating.iter().any(|tag| top.values.contains_key(tag)) {
            return Err(FileFault::Picture { found: "floating-point pixels" });
        }
        let stored = stored.ok_or(FileFault::NoPictures { kind: "a DICOM file" })?;
        Ok(Self { top, shared, frames, has_agents, stored })
    }

    /// How many frames there are.
    pub(super) fn count(&self) -> u64 {
        self.top.number(tags::NUMBER_OF_FRAMES).map_or(1, |count| count.max(1.0) as u64)
    }

    /// The fields that hold a value of a frame, from 0: its own, then the shared ones, then those of the file.
    pub(super) fn of_frame(&self, frame: usize, tag: Tag) -> &Fields<'a> {
        let own = self.frames.get(frame);
        let all = own.into_iter().chain([&self.shared]);
        all.into_iter().find(|fields| fields.values.contains_key(&tag)).unwrap_or(&self.top)
    }

    /// Whether a value is stated for each frame, or the file has only one.
    pub(super) fn is_stated(&self, frame: usize, tag: Tag) -> bool {
        let own = self.frames.get(frame).is_some_and(|fields| fields.values.contains_key(&tag));
        own || self.count() == 1
    }
}

impl Fields<'_> {
    pub(super) fn is_big_endian(&self) -> bool {
        self.big
    }

    /// A text without the spaces at its ends; empty without one.
    pub(super) fn text(&self, tag: Tag) -> String {
        let value = self.values.get(&tag).map_or(&[][..], |(_, value)| value);
        String::from_utf8_lossy(value).trim_matches(['\0', ' ']).to_owned()
    }

    /// The value representation and the bytes of a value.
    pub(super) fn raw(&self, tag: Tag) -> Option<(VR, &[u8])> {
        self.values.get(&tag).copied()
    }

    /// The values of a text.
    pub(super) fn texts(&self, tag: Tag) -> Vec<String> {
        let text = self.text(tag);
        text.split('\\').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    /// The first number of a value.
    pub(super) fn number(&self, tag: Tag) -> Option<f64> {
        self.numbers(tag).first().copied()
    }

    /// The numbers of a value: at most the first six, as no more are used.
    pub(super) fn numbers(&self, tag: Tag) -> Vec<f64> {
        let Some(&(vr, value)) = self.values.get(&tag) else { return Vec::new() };
        macro_rules! numbers {
            ($type:ty) => {{
                let chunks = value.as_chunks::<{ size_of::<$type>() }>().0.iter().take(6);
                let number = |bytes: &[u8; size_of::<$type>()]| match self.big {
                    true => <$type>::from_be_bytes(*bytes) as f64,
                    false => <$type>::from_le_bytes(*bytes) as f64,
                };
                chunks.map(number).collect()
            }};
        }
        match vr {
            VR::US => numbers!(u16),
            VR::SS => numbers!(i16),
            VR::UL => numbers!(u32),
            VR::SL => numbers!(i32),
            VR::FL => numbers!(f32),
            VR::FD => numbers!(f64),
            _ => self.texts(tag).iter().take(6).map_while(|text| text.parse().ok()).collect(),
        }
    }
}
