//! HEIC and AVIF: the container is read here, the coded tiles go through ffmpeg as bare HEVC or AV1, and the picture is
//! put together again. (ffmpeg before 7 does not join the tiles that telephones write.)

use image::{DynamicImage, GenericImage as _, RgbImage};

use crate::error::Error;
use crate::geometry::{Size, pixels};

/// Telephones write some fifty tiles.
const MOST_TILES: usize = 512;
/// Tiles may stand out over the picture's edge, but not far.
const MOST_PIXELS: u64 = 48_000_000;

/// What ffmpeg has to decode, and how the frames it returns make up the picture.
#[derive(Debug)]
pub(crate) struct Still {
    /// The name of ffmpeg's reader for `stream`.
    pub(crate) demuxer: &'static str,
    pub(crate) stream: Vec<u8>,
    pub(crate) icc: Option<Vec<u8>>,
    tile: Size,
    columns: u32,
    rows: u32,
    size: Size,
    /// Quarter turns against the clock.
    turns: u8,
    mirror: Option<u8>,
}

impl Still {
    /// Before it is turned upright.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// Joins frames of 24-bit RGB.
    pub(crate) fn assemble(&self, frames: &[u8]) -> Result<DynamicImage, Error> {
        let (width, height) = self.tile;
        let frame = usize::try_from(pixels(self.tile) * 3).map_err(Error::processing)?;
        let mut canvas = RgbImage::new(width.saturating_mul(self.columns), height.saturating_mul(self.rows));
        let mut tiles = frames.chunks_exact(frame);
        for row in 0..self.rows {
            for column in 0..self.columns {
                let tile = tiles.next().and_then(|bytes| RgbImage::from_raw(width, height, bytes.to_vec()));
                let tile = tile.ok_or_else(|| broken("a tile is missing"))?;
                canvas.copy_from(&tile, column * width, row * height).map_err(Error::processing)?;
            }
        }
        let image = DynamicImage::from(canvas).crop_imm(0, 0, self.size.0, self.size.1);
        let turned = match self.turns {
            1 => image.rotate270(),
            2 => image.rotate180(),
            3 => image.rotate90(),
            _ => image,
        };
        Ok(match self.mirror {
            Some(0) => turned.flipv(),
            Some(_) => turned.fliph(),
            None => turned,
        })
    }
}

fn broken(what: &str) -> Error {
    Error::Processing(format!("HEIF: {what}"))
}

/// Finds the primary picture. Every offset in the file is checked against its length.
pub(crate) fn parse(file: &[u8]) -> Result<Still, Error> {
    read(file).ok_or_else(|| broken("not understood"))
}

fn read(file: &[u8]) -> Option<Still> {
    let meta = Meta::read(file, child(file, *b"meta")?.get(4..)?)?;
    let primary = meta.primary;
    let (tile_ids, columns, rows, size) = match &meta.kind(primary)? {
        b"grid" => {
            let grid = meta.data(primary)?;
            let mut reader = Reader(&grid);
            let side = if reader.number(2)? & 1 == 1 { 4 } else { 2 };
            let rows = reader.number(1)? + 1;
            let columns = reader.number(1)? + 1;
            (meta.tiles(primary)?, columns, rows, (reader.number(side)?, reader.number(side)?))
        }
        b"av01" | b"hvc1" => (vec![primary], 1, 1, meta.size(primary)?),
        _ => return None,
    };
    let first = *tile_ids.first()?;
    if tile_ids.len() > MOST_TILES || tile_ids.len() != usize::try_from(columns * rows).ok()? {
        return None;
    }
    let tile = meta.size(first)?;
    let canvas = (tile.0.checked_mul(columns)?, tile.1.checked_mul(rows)?);
    if canvas.0 < size.0 || canvas.1 < size.1 || size.0 == 0 || size.1 == 0 || pixels(canvas) > MOST_PIXELS {
        return None;
    }
    let (demuxer, stream) = match &meta.kind(first)? {
        b"av01" => ("obu", av1_stream(&meta, &tile_ids)?),
        b"hvc1" => ("hevc", hevc_stream(&meta, &tile_ids)?),
        _ => return None,
    };
    Some(Still {
        demuxer,
        stream,
        icc: meta.property(primary, *b"colr").and_then(color_profile),
        tile,
        columns,
        rows,
        size,
        turns: meta.property(primary, *b"irot").and_then(|body| body.first().copied()).map_or(0, |angle| angle & 3),
        mirror: meta.property(primary, *b"imir").and_then(|body| body.first().copied()).map(|axis| axis & 1),
    })
}

fn color_profile(body: &[u8]) -> Option<Vec<u8>> {
    matches!(body.get(..4)?, b"prof" | b"rICC").then(|| body.get(4..).map(<[u8]>::to_vec))?
}

fn av1_stream(meta: &Meta<'_>, tiles: &[u32]) -> Option<Vec<u8>> {
    let mut stream = Vec::new();
    for id in tiles {
        // Each tile begins with a temporal delimiter, which containers leave out.
        stream.extend([0x12, 0x00]);
        stream.extend(meta.data(*id)?);
    }
    Some(stream)
}

fn hevc_stream(meta: &Meta<'_>, tiles: &[u32]) -> Option<Vec<u8>> {
    const START: [u8; 4] = [0, 0, 0, 1];
    let mut stream = Vec::new();
    for id in tiles {
        let config = meta.property(*id, *b"hvcC")?;
        let length_size = usize::from(*config.get(21)? & 3) + 1;
        let mut arrays = Reader(config.get(22..)?);
        for _ in 0..arrays.number(1)? {
            arrays.number(1)?;
            for _ in 0..arrays.number(2)? {
                let length = arrays.number(2)?;
                stream.extend(START);
                stream.extend(arrays.take(length)?);
            }
        }
        let data = meta.data(*id)?;
        let mut units = Reader(&data);
        while !units.0.is_empty() {
            let length = units.number(length_size)?;
            stream.extend(START);
            stream.extend(units.take(length)?);
        }
    }
    Some(stream)
}

/// Reads big-endian numbers from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Of 0 to 4 bytes; longer ones must fit into 32 bits.
    fn number(&mut self, bytes: usize) -> Option<u32> {
        let (head, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        let value = head.iter().try_fold(0_u64, |value, byte| value.checked_mul(256).map(|value| value + u64::from(*byte)))?;
        u32::try_from(value).ok()
    }

    fn take(&mut self, length: u32) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(head)
    }

    fn box_(&mut self) -> Option<([u8; 4], &'a [u8])> {
        let start = self.0.len();
        let mut length = usize::try_from(self.number(4)?).ok()?;
        let name: [u8; 4] = self.take(4)?.try_into().ok()?;
        match length {
            0 => length = start,
            1 => length = usize::try_from(self.number(8)?).ok()?,
            _ => {}
        }
        let used = start - self.0.len();
        let body = self.take(u32::try_from(length.checked_sub(used)?).ok()?)?;
        Some((name, body))
    }
}

fn children(body: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut reader = Reader(body);
    std::iter::from_fn(|| reader.box_()).collect()
}

fn child(body: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    let mut reader = Reader(body);
    std::iter::from_fn(|| reader.box_()).find(|(name, _)| *name == wanted).map(|(_, body)| body)
}

/// The item tables of one file.
struct Meta<'a> {
    file: &'a [u8],
    inline: &'a [u8],
    primary: u32,
    kinds: Vec<(u32, [u8; 4])>,
    places: Vec<Place>,
    properties: Vec<([u8; 4], &'a [u8])>,
    /// Item and one-based index into `properties`.
    associations: Vec<(u32, usize)>,
    /// Grid and its tiles in order.
    grids: Vec<(u32, Vec<u32>)>,
}

struct Place {
    item: u32,
    inline: bool,
    extents: Vec<(usize, usize)>,
}

impl<'a> Meta<'a> {
    fn read(file: &'a [u8], body: &'a [u8]) -> Option<Self> {
        let boxes = children(body);
        let find = |wanted: &[u8; 4]| boxes.iter().find(|(name, _)| name == wanted).map(|(_, body)| *body);
        let mut primary = Reader(find(b"pitm")?);
        let wide = primary.number(1)? > 0;
        primary.number(3)?;
        let properties = find(b"iprp")?;
        Some(Self {
            file,
            inline: find(b"idat").unwrap_or_default(),
            primary: primary.number(if wide { 4 } else { 2 })?,
            kinds: kinds(find(b"iinf")?)?,
            places: places(find(b"iloc")?)?,
            properties: children(child(properties, *b"ipco")?),
            associations: associations(child(properties, *b"ipma")?)?,
            grids: find(b"iref").map_or(Some(Vec::new()), grids)?,
        })
    }

    fn kind(&self, item: u32) -> Option<[u8; 4]> {
        self.kinds.iter().find(|(id, _)| *id == item).map(|(_, kind)| *kind)
    }

    fn tiles(&self, item: u32) -> Option<Vec<u32>> {
        self.grids.iter().find(|(id, _)| *id == item).map(|(_, tiles)| tiles.clone())
    }

    fn property(&self, item: u32, wanted: [u8; 4]) -> Option<&'a [u8]> {
        let own = self.associations.iter().filter(|(id, _)| *id == item);
        own.filter_map(|(_, index)| self.properties.get(index.checked_sub(1)?))
            .find(|(name, _)| *name == wanted)
            .map(|(_, body)| *body)
    }

    fn size(&self, item: u32) -> Option<Size> {
        let mut reader = Reader(self.property(item, *b"ispe")?.get(4..)?);
        Some((reader.number(4)?, reader.number(4)?))
    }

    fn data(&self, item: u32) -> Option<Vec<u8>> {
        let place = self.places.iter().find(|place| place.item == item)?;
        let source = if place.inline { self.inline } else { self.file };
        let mut data = Vec::new();
        for (start, length) in &place.extents {
            data.extend(source.get(*start..start.checked_add(*length)?)?);
            if data.len() > self.file.len() {
                return None;
            }
        }
        Some(data)
    }
}

fn kinds(body: &[u8]) -> Option<Vec<(u32, [u8; 4])>> {
    let mut reader = Reader(body);
    let version = reader.number(1)?;
    reader.number(3)?;
    reader.number(if version == 0 { 2 } else { 4 })?;
    let mut found = Vec::new();
    for (name, body) in children(reader.0) {
        let mut entry = Reader(body);
        let version = entry.number(1)?;
        entry.number(3)?;
        if name == *b"infe" && version >= 2 {
            let id = entry.number(if version == 2 { 2 } else { 4 })?;
            entry.number(2)?;
            found.push((id, entry.take(4)?.try_into().ok()?));
        }
    }
    Some(found)
}

fn places(body: &[u8]) -> Option<Vec<Place>> {
    let mut reader = Reader(body);
    let version = reader.number(1)?;
    reader.number(3)?;
    let sizes = reader.number(2)?;
    let nibble = |shift: u32| usize::try_from((sizes >> shift) & 15).ok();
    let (offset_size, length_size, base_size, index_size) = (nibble(12)?, nibble(8)?, nibble(4)?, nibble(0)?);
    let id_size = if version < 2 { 2 } else { 4 };
    let mut found = Vec::new();
    for _ in 0..reader.number(id_size)? {
        let item = reader.number(id_size)?;
        let method = if version == 0 { 0 } else { reader.number(2)? & 15 };
        reader.number(2)?;
        let base = reader.number(base_size)?;
        let mut extents = Vec::new();
        for _ in 0..reader.number(2)? {
            if version > 0 {
                reader.number(index_size)?;
            }
            let start = base.checked_add(reader.number(offset_size)?)?;
            extents.push((usize::try_from(start).ok()?, usize::try_from(reader.number(length_size)?).ok()?));
        }
        found.push(Place { item, inline: method == 1, extents });
    }
    Some(found)
}

fn associations(body: &[u8]) -> Option<Vec<(u32, usize)>> {
    let mut reader = Reader(body);
    let version = reader.number(1)?;
    let wide = reader.number(3)? & 1 == 1;
    let mut found = Vec::new();
    for _ in 0..reader.number(4)? {
        let item = reader.number(if version == 0 { 2 } else { 4 })?;
        for _ in 0..reader.number(1)? {
            let index = if wide { reader.number(2)? & 0x7FFF } else { reader.number(1)? & 0x7F };
            found.push((item, usize::try_from(index).ok()?));
        }
    }
    Some(found)
}

fn grids(body: &[u8]) -> Option<Vec<(u32, Vec<u32>)>> {
    let mut reader = Reader(body);
    let id_size = if reader.number(1)? == 0 { 2 } else { 4 };
    reader.number(3)?;
    let mut found = Vec::new();
    for (name, body) in children(reader.0) {
        if name != *b"dimg" {
            continue;
        }
        let mut entry = Reader(body);
        let from = entry.number(id_size)?;
        let count = entry.number(2)?;
        found.push((from, (0..count).map_while(|_| entry.number(id_size)).collect()));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let length = u32::try_from(body.len() + 8).unwrap();
        [length.to_be_bytes().as_slice(), name, &body].concat()
    }

    fn infe(id: u8, kind: &[u8; 4]) -> Vec<u8> {
        boxed(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], kind, b"\0"])
    }

    fn ispe(width: u8, height: u8) -> Vec<u8> {
        boxed(b"ispe", &[&[0; 4], &[0, 0, 0, width, 0, 0, 0, height]])
    }

    /// A picture of 3 by 2 pixels from two tiles of 2 by 2, turned a quarter against the clock.
    fn grid_file() -> Vec<u8> {
        let length_prefixed = [0, 0, 0, 1, 0xAA];
        let mut config = vec![0; 21];
        config.extend([3, 1, 0x20, 0, 1, 0, 1, 0xBB]);
        let idat = boxed(b"idat", &[&[0, 0, 0, 1, 0, 3, 0, 2], &length_prefixed]);
        let place = |id: u8, start: u8, length: u8| vec![0, id, 0, 1, 0, 0, 0, 1, 0, start, 0, length];
        let meta = boxed(
            b"meta",
            &[
                &[0; 4],
                &boxed(b"pitm", &[&[0, 0, 0, 0, 0, 1]]),
                &boxed(b"iinf", &[&[0, 0, 0, 0, 0, 3], &infe(1, b"grid"), &infe(2, b"hvc1"), &infe(3, b"hvc1")]),
                &boxed(b"iloc", &[&[1, 0, 0, 0, 0x22, 0, 0, 3], &place(1, 0, 8), &place(2, 8, 5), &place(3, 8, 5)]),
                &boxed(b"iref", &[&[0; 4], &boxed(b"dimg", &[&[0, 1, 0, 2, 0, 2, 0, 3]])]),
                &boxed(
                    b"iprp",
                    &[
                        &boxed(b"ipco", &[&ispe(2, 2), &boxed(b"hvcC", &[&config]), &ispe(3, 2), &boxed(b"irot", &[&[1]])]),
                        &boxed(b"ipma", &[&[0, 0, 0, 0, 0, 0, 0, 3], &[0, 1, 2, 3, 4], &[0, 2, 2, 1, 2], &[0, 3, 2, 1, 2]]),
                    ],
                ),
                &idat,
            ],
        );
        [boxed(b"ftyp", &[b"heic\0\0\0\0mif1heic"]), meta].concat()
    }

    #[test]
    fn tiles_are_joined_cut_and_turned() {
        let still = parse(&grid_file()).unwrap();
        assert_eq!((still.demuxer, still.size()), ("hevc", (3, 2)));
        assert_eq!(still.stream, [0, 0, 0, 1, 0xBB, 0, 0, 0, 1, 0xAA, 0, 0, 0, 1, 0xBB, 0, 0, 0, 1, 0xAA]);
        let frames: Vec<u8> = (0..8).flat_map(|n| [n, n, n]).collect();
        let image = still.assemble(&frames).unwrap().into_rgb8();
        assert_eq!(image.dimensions(), (2, 3));
        // Upper row 0 1 4, lower row 2 3 6 before the turn.
        let shades: Vec<u8> = image.pixels().map(|pixel| pixel.0[0]).collect();
        assert_eq!(shades, [4, 6, 1, 3, 0, 2]);
        assert!(still.assemble(&frames[..12]).is_err());
    }

    #[test]
    fn broken_containers_are_refused_without_a_panic() {
        let whole = grid_file();
        for length in 0..whole.len() {
            drop(parse(&whole[..length]));
        }
        for place in 0..whole.len() {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut changed = whole.clone();
                changed[place] = value;
                drop(parse(&changed));
            }
        }
    }
}
