//! [`Description`]: what ImageJ or OME-XML says about the pages and the millimetres of a file.
//!
//! A few attributes of one XML element are needed, so no XML parser is used.

use super::directory::Page;
use super::{labels, tags};
use crate::read::SpacingSource;

/// What ImageDescription says, as far as it is used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Description {
    pub(super) source: SpacingSource,
    /// The images that one directory may describe. 1 unless ImageJ states more.
    pub(super) images: u64,
    pub(super) channels: u64,
    /// The names of the channels in order, if the file has one for each.
    pub(super) channel_names: Vec<String>,
    pub(super) slices: u64,
    pub(super) times: u64,
    /// Channels (`C`), slices (`Z`) and times (`T`): the pages change fastest along the first.
    pub(super) order: [char; 3],
    /// Millimetres of a unit, and whether the file names that unit.
    pub(super) unit: Option<(f64, bool)>,
    /// The distances between columns, rows and slices in that unit. ImageJ states the first two in the resolution tags.
    pub(super) lengths: [Option<f64>; 3],
}

impl Description {
    /// Reads the tag of the first page.
    pub(super) fn of(page: &Page<'_>, big_endian: bool) -> Option<Self> {
        let text = page.text(tags::DESCRIPTION)?;
        // Fiji's library SCIFIO writes ImageJ's keys too.
        if ["ImageJ=", "SCIFIO="].iter().any(|first| text.starts_with(first)) {
            Some(Self::imagej(&text, &labels::labels(page, big_endian)))
        } else {
            Self::ome(&text)
        }
    }

    fn imagej(text: &str, labels: &[String]) -> Self {
        let value = |name: &str| {
            text.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let count = |name| value(name).and_then(|value| value.trim().parse().ok()).unwrap_or(1).max(1);
        // ImageJ writes the distance between slices as negative where their order is from the far side.
        let length = |name| value(name).and_then(|value| value.trim().parse().ok()).map(f64::abs);
        let unit = value("unit").map(|unit| unit.trim().to_lowercase());
        // The first pictures are the channels of the first slice. ImageJ puts the place of a picture before its name.
        let name = |label: &String| match label.split_once(" - ") {
            Some((_, name)) => name.to_owned(),
            None if label.starts_with("c:") => String::new(),
            None => label.clone(),
        };
        let channel_names: Vec<String> = labels.iter().take(count("channels") as usize).map(name).collect();
        Self {
            source: SpacingSource::ImageJ,
            images: count("images"),
            channels: count("channels"),
            channel_names,
            slices: count("slices"),
            times: count("frames"),
            order: ['C', 'Z', 'T'],
            unit: unit.and_then(|unit| Some((millimetres(&unit)?, true))),
            lengths: [None, None, length("spacing")],
        }
    }

    fn ome(text: &str) -> Option<Self> {
        if !text.contains("<OME") && !text.contains(":OME") {
            return None;
        }
        let pixels = elements(text, "Pixels").next()?;
        let count = |name| attribute(pixels, name).and_then(|value| value.parse().ok()).unwrap_or(1).max(1);
        let mut order = ['C', 'Z', 'T'];
        let stated = attribute(pixels, "DimensionOrder").and_then(|stated| stated.strip_prefix("XY")).unwrap_or("CZT");
        if order.iter().all(|&axis| stated.contains(axis)) {
            order.sort_by_key(|&axis| stated.find(axis));
        }
        let axes = ["X", "Y", "Z"];
        let units = axes.map(|axis| attribute(pixels, &format!("PhysicalSize{axis}Unit")).map(unescaped));
        let named = units[0].is_some();
        // The schema's default is micrometres. Programs that name the unit of columns alone mean another one.
        let units = units.map(|unit| match unit {
            None if named => None,
            unit => millimetres(unit.as_deref().unwrap_or("µm")),
        });
        let length = |axis: usize| {
            let length: f64 = attribute(pixels, &format!("PhysicalSize{}", axes[axis]))?.parse().ok()?;
            // Each axis may have its own unit.
            Some(length * units[axis]? / units[0]?)
        };
        Some(Self {
            source: SpacingSource::Ome,
            images: 1,
            channels: count("SizeC"),
            channel_names: channel_names(text),
            slices: count("SizeZ"),
            times: count("SizeT"),
            order,
            unit: units[0].map(|unit| (unit, named)),
            lengths: [length(0), length(1), length(2)],
        })
    }

    /// The index of the page with this channel, slice and time.
    pub(super) fn page(&self, channel: u64, slice: u64, time: u64) -> u64 {
        let mut stride = 1;
        let mut page = 0;
        for axis in self.order {
            let (index, count) = match axis {
                'C' => (channel, self.channels),
                'Z' => (slice, self.slices),
                _ => (time, self.times),
            };
            page += index * stride;
            stride *= count;
        }
        page
    }

    /// The pages that the counts describe.
    pub(super) fn pages(&self) -> u64 {
        self.channels.saturating_mul(self.slices).saturating_mul(self.times)
    }
}

/// The names of the channels of the first image, empty where a channel has none.
fn channel_names(text: &str) -> Vec<String> {
    let image = text.split_inclusive("Pixels>").next().unwrap_or_default();
    let names = elements(image, "Channel").map(|channel| attribute(channel, "Name").unwrap_or_default().to_owned());
    names.collect()
}

/// Millimetres of a unit of length, by the names that ImageJ and OME write.
fn millimetres(unit: &str) -> Option<f64> {
    Some(match unit {
        "mm" | "millimeter" | "millimetre" | "millimeters" | "millimetres" => 1.0,
        "cm" | "centimeter" | "centimetre" | "centimeters" | "centimetres" => 10.0,
        "m" | "meter" | "metre" | "meters" | "metres" => 1000.0,
        "inch" | "in" | "inches" => 25.4,
        // The sign is micro or the Greek letter. ImageJ writes it as an escape.
        "µm" | "μm" | "um" | "\\u00b5m" => 1e-3,
        "micron" | "microns" | "micrometer" | "micrometre" | "micrometers" | "micrometres" => 1e-3,
        "nm" | "nanometer" | "nanometre" => 1e-6,
        _ => return None,
    })
}

/// The text of an attribute with the micro sign as itself: writers of ASCII escape it.
fn unescaped(text: &str) -> String {
    ["&micro;", "&#181;", "&#956;", "&#xB5;", "&#xb5;", "&#x3BC;", "&#x3bc;"]
        .iter()
        .fold(text.to_owned(), |text, escape| text.replace(escape, "µ"))
}

/// The attributes of the elements of this name that have any, with any prefix.
fn elements<'a>(xml: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    xml.match_indices(name).filter_map(move |(at, _)| {
        let rest = &xml[at + name.len()..];
        let opens = xml[..at].ends_with(['<', ':']) && rest.starts_with(char::is_whitespace);
        rest.split('>').next().filter(|_| opens)
    })
}

/// The value of an attribute.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    attributes.match_indices(name).find_map(|(at, _)| {
        let value = attributes[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let named = attributes[..at].ends_with(char::is_whitespace);
        named.then(|| value[1..].split(quote).next())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imagej_states_counts_and_the_unit() {
        let text = "ImageJ=1.53t\nimages=12\nchannels=3\nslices=2\nframes=2\nunit=\\u00B5m\nspacing=5000.0\n";
        let found = Description::imagej(text, &[]);
        assert_eq!((found.images, found.channels, found.slices, found.times), (12, 3, 2, 2));
        assert_eq!((found.unit, found.lengths[2]), (Some((1e-3, true)), Some(5000.0)));
        assert_eq!([found.page(0, 0, 0), found.page(1, 0, 0), found.page(0, 1, 0), found.page(2, 1, 1)], [0, 1, 3, 11]);
        assert_eq!(Description::imagej("ImageJ=1.53t\nimages=-1\nunit=pixel", &[]).images, 1);
    }

    #[test]
    fn imagej_units_have_several_spellings() {
        let unit = |unit: &str| Description::imagej(&format!("ImageJ=1.53t\nunit={unit}\nspacing=-5\n"), &[]).unit;
        for (spelling, millimetres) in
            [("mm", 1.0), ("Millimeters", 1.0), ("cm", 10.0), ("µm", 1e-3), ("microns", 1e-3), ("INCHES", 25.4)]
        {
            assert_eq!(unit(spelling), Some((millimetres, true)), "{spelling}");
        }
        assert_eq!([unit("pixel"), unit("")], [None; 2]);
        assert_eq!(Description::imagej("ImageJ=1.53t\nspacing=-5\n", &[]).lengths[2], Some(5.0));
    }

    #[test]
    fn ome_states_the_order_of_the_pages() {
        let text = r#"<?xml version="1.0"?><ome:OME><Image><ome:Pixels ID="Pixels:0" DimensionOrder="XYZTC"
            SizeX="4" SizeC="3" SizeZ='2' SizeT="1" PhysicalSizeX="0.5" PhysicalSizeXUnit="mm" PhysicalSizeY = "0.75"
            PhysicalSizeYUnit="mm" PhysicalSizeZ="0.6" PhysicalSizeZUnit="cm"><Channel/></ome:Pixels></Image>"#;
        let found = Description::ome(text).expect("OME-XML");
        assert_eq!((found.channels, found.slices, found.times, found.order), (3, 2, 1, ['Z', 'T', 'C']));
        assert_eq!([found.page(0, 1, 0), found.page(1, 0, 0), found.page(2, 1, 0)], [1, 2, 5]);
        assert_eq!((found.unit, found.lengths), (Some((1.0, true)), [Some(0.5), Some(0.75), Some(6.0)]));
    }

    #[test]
    fn ome_without_a_unit_means_micrometres() {
        let found =
            Description::ome(r#"<OME><Pixels PhysicalSizeX="900" PhysicalSizeY="900"/></OME>"#).expect("OME-XML");
        assert_eq!((found.unit, found.lengths), (Some((1e-3, false)), [Some(900.0), Some(900.0), None]));
        let partly = r#"<OME><Pixels PhysicalSizeX="1" PhysicalSizeXUnit="mm" PhysicalSizeY="1" PhysicalSizeYUnit="&#181;m" PhysicalSizeZ="5"/></OME>"#;
        let found = Description::ome(partly).expect("OME-XML");
        assert_eq!((found.unit, found.lengths), (Some((1.0, true)), [Some(1.0), Some(1e-3), None]));
        assert_eq!(Description::ome("<svg><Pixels /></svg>"), None);
        assert_eq!(Description::ome("<OME><Pixel"), None);
    }
}
