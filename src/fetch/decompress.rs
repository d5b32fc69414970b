//! Reads a stream that may be compressed, and tells size and SHA-256 of the bytes as transferred.
//!
//! Nobody says whether objects are compressed, and file names lie: the first bytes decide between gzip (of any number
//! of members), zstd (of any number of frames) and plain.
//!
//! Rule: a failure of the transfer, a stream that was cut, and damaged data are told apart; the first keeps its `io::Error`.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// How much is read at once, 128 KiB: what a decoder takes and a hash works on without leaving the cache.
const BUFFER_BYTES: usize = 128 << 10;

/// Why a stream could not be read to its end.
#[derive(Debug)]
pub(super) enum ReadFailure {
    /// The transfer failed.
    Transfer(io::Error),
    /// The compressed data ended too early.
    Truncated,
    /// The compressed data is damaged.
    Corrupt(io::Error),
}

/// The decompressed bytes of a stream.
pub(super) struct Decompressed<'a> {
    stream: Stream<'a>,
}

enum Stream<'a> {
    Plain(Transfer<'a>),
    Gzip(Box<MultiGzDecoder<Transfer<'a>>>),
    Zstd(zstd::stream::read::Decoder<'static, Transfer<'a>>),
}

/// Returns whether a stream that begins so is not compressed.
pub(super) fn is_plain(head: &[u8]) -> bool {
    !head.starts_with(GZIP) && !head.starts_with(ZSTD)
}

impl<'a> Decompressed<'a> {
    /// Looks at the first bytes of a stream.
    pub(super) fn open(reader: Box<dyn Read + Send + 'a>) -> Result<Self, ReadFailure> {
        let mut transfer = Transfer::new(reader);
        let head = transfer.peek(ZSTD.len()).map_err(ReadFailure::Transfer)?;
        let stream = if is_plain(head) {
            Stream::Plain(transfer)
        } else if head.starts_with(GZIP) {
            Stream::Gzip(Box::new(MultiGzDecoder::new(transfer)))
        } else {
            // The only failure is that the decoder cannot be allocated.
            let decoder = zstd::stream::read::Decoder::with_buffer(transfer);
            Stream::Zstd(decoder.map_err(ReadFailure::Corrupt)?)
        };
        Ok(Decompressed { stream })
    }

    /// Says what a failed read of this stream means.
    pub(super) fn explain(&mut self, error: io::Error) -> ReadFailure {
        match self.transfer().failure.take() {
            Some(failure) => ReadFailure::Transfer(failure),
            None if error.kind() == io::ErrorKind::UnexpectedEof => ReadFailure::Truncated,
            None => ReadFailure::Corrupt(error),
        }
    }

    /// Returns the size and the hex SHA-256 of what was transferred.
    pub(super) fn finish(mut self) -> (u64, String) {
        let transfer = self.transfer();
        (transfer.size, hex(&transfer.hash.finalize_reset()))
    }

    fn transfer(&mut self) -> &mut Transfer<'a> {
        match &mut self.stream {
            Stream::Plain(transfer) => transfer,
            Stream::Gzip(decoder) => decoder.get_mut(),
            Stream::Zstd(decoder) => decoder.get_mut(),
        }
    }
}

impl Read for Decompressed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(transfer) => transfer.read(buffer),
            Stream::Gzip(decoder) => decoder.read(buffer),
            Stream::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

/// The bytes as transferred, counted and hashed as they come in.
struct Transfer<'a> {
    reader: Box<dyn Read + Send + 'a>,
    buffer: Vec<u8>,
    /// What of the buffer is read and not consumed: `start..end`.
    start: usize,
    end: usize,
    size: u64,
    hash: Sha256,
    /// A failure of `reader` itself, kept apart from what a decoder makes of it.
    failure: Option<io::Error>,
}

impl<'a> Transfer<'a> {
    fn new(reader: Box<dyn Read + Send + 'a>) -> Self {
        Transfer {
            reader,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            size: 0,
            hash: Sha256::new(),
            failure: None,
        }
    }

    /// Returns the first bytes, at least `count` unless the stream is shorter. To be called before anything is consumed.
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.end < count && self.receive()? > 0 {}
        Ok(&self.buffer[..self.end])
    }

    /// Reads once into the free part of the buffer.
    fn receive(&mut self) -> io::Result<usize> {
        let read = loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        let end = self.end + read;
        self.hash.update(&self.buffer[self.end..end]);
        self.end = end;
        self.size += read as u64;
        Ok(read)
    }
}

impl Read for Transfer<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Transfer<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if let Err(error) = self.receive() {
                let kind = error.kind();
                self.failure = Some(error);
                return Err(io::Error::from(kind));
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(bytes: &[u8]) -> (Vec<u8>, Result<(u64, String), ReadFailure>) {
        let mut stream = Decompressed::open(Box::new(bytes)).unwrap();
        let mut out = Vec::new();
        match stream.read_to_end(&mut out) {
            Ok(_) => (out, Ok(stream.finish())),
            Err(error) => (out, Err(stream.explain(error))),
        }
    }

    #[test]
    fn the_first_bytes_tell_the_compression() {
        let text = b"{\"a\":1}\n".repeat(10_000);
        let twice = [gzip(&text), gzip(b"{\"b\":2}")].concat();
        let frames = [
            zstd::encode_all(&text[..], 1).unwrap(),
            zstd::encode_all(&b"{\"b\":2}"[..], 1).unwrap(),
        ]
        .concat();
        let both = [&text[..], b"{\"b\":2}"].concat();
        for (transferred, expected) in [
            (text.clone(), &text),
            (Vec::new(), &Vec::new()),
            (gzip(b""), &Vec::new()),
            (b"{".to_vec(), &b"{".to_vec()),
            (twice, &both),
            (frames, &both),
        ] {
            let (out, told) = read_all(&transferred);
            assert!(out == *expected);
            let (size, sha256) = told.unwrap();
            assert_eq!(size, transferred.len() as u64);
            assert_eq!(sha256, hex(&Sha256::digest(&transferred)));
        }
        assert_eq!(
            read_all(b"abc").1.unwrap().1,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn cut_damaged_and_failed_streams_are_told_apart() {
        let text = b"{\"a\":1}\n".repeat(10_000);
        for whole in [gzip(&text), zstd::encode_all(&text[..], 1).unwrap()] {
            let (_, told) = read_all(&whole[..whole.len() - 3]);
            assert!(matches!(told, Err(ReadFailure::Truncated)), "{told:?}");
        }
        let mut damaged = gzip(&text);
        let crc = damaged.len() - 8;
        damaged[crc] ^= 1;
        let (_, told) = read_all(&damaged);
        assert!(matches!(told, Err(ReadFailure::Corrupt(_))), "{told:?}");

        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                // The kind that a cut stream has too.
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "peer closed"))
            }
        }
        let half = gzip(&text)[..100].to_vec();
        let mut stream = Decompressed::open(Box::new(io::Cursor::new(half).chain(Fails))).unwrap();
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        match stream.explain(error) {
            ReadFailure::Transfer(error) => assert_eq!(error.to_string(), "peer closed"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(
            Decompressed::open(Box::new(Fails)),
            Err(ReadFailure::Transfer(_))
        ));
    }
}
