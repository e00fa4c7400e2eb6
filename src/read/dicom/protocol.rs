//! [`sequence`]: what a file states of its MR sequence.

use dicom_dictionary_std::tags;

use super::fields::Header;
use crate::read::{Protocol, Sequence};

/// What the frame shows.
pub(super) fn sequence(header: &Header<'_>, frame: usize) -> Sequence {
    let number = |tag| header.of_frame(frame, tag).number(tag);
    let top = &header.top;
    let image_type = top.texts(tags::IMAGE_TYPE).into_iter();
    let frame_type = header.of_frame(frame, tags::FRAME_TYPE).texts(tags::FRAME_TYPE);
    let component = header.of_frame(frame, tags::COMPLEX_IMAGE_COMPONENT).texts(tags::COMPLEX_IMAGE_COMPONENT);
    let mut scanning = top.texts(tags::SCANNING_SEQUENCE);
    if header.of_frame(frame, tags::INVERSION_RECOVERY).text(tags::INVERSION_RECOVERY) == "YES" {
        scanning.push("IR".to_owned());
    }
    let texts = [tags::SERIES_DESCRIPTION, tags::PROTOCOL_NAME, tags::SEQUENCE_NAME, tags::PULSE_SEQUENCE_NAME]
        .map(|tag| top.text(tag));
    let agent = Some(top.text(tags::CONTRAST_BOLUS_AGENT)).filter(|agent| !agent.is_empty());
    let protocol = Protocol {
        modality: top.text(tags::MODALITY),
        image_type: image_type.chain(frame_type).chain(component).collect(),
        descriptions: texts.into_iter().filter(|text| !text.is_empty()).collect(),
        scanning,
        contrast: top.text(tags::ACQUISITION_CONTRAST),
        agent: agent.or_else(|| header.has_agents.then(|| "in a sequence".to_owned())),
        echo_time: number(tags::EFFECTIVE_ECHO_TIME).or_else(|| number(tags::ECHO_TIME)),
        repetition_time: number(tags::REPETITION_TIME),
        inversion_time: number(tags::INVERSION_TIMES).or_else(|| number(tags::INVERSION_TIME)),
        b_value: number(tags::DIFFUSION_B_VALUE),
    };
    protocol.sequence()
}
