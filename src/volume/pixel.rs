//! The pixel size of the training data.

/// The side in millimetres of a pixel of the training data: the network sees volumes at this size.
///
/// The training slices state no size, so it is estimated from heads. On 20 patients the widest axial outline of the head, with
/// skin and ears, is 182 pixels wide and 226 long (medians; standard deviations 19 and 17). A head is 155 to 167 mm wide and 190 to
/// 200 mm long when it is measured so: adults have a breadth of 150 mm and a length of 190 mm without ears and nose, and one of
/// the patients, whose scan of another date states millimetres, has 167 and 199 mm. That gives 0.84 to 0.92 mm; patients differ
/// by 10 % (standard deviation), which includes the sizes of their heads. Training changes the scale by up to 20 %.
///
/// 256 pixels are then 225 mm.
pub const PIXEL: f64 = 0.88;
