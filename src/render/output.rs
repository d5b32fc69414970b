//! One output from its first byte to its last, in any format.
//!
//! Rule: what is begun is ended by [`Output::finish`]; only then is the output complete and flushed.

use std::io::{self, Write};

use crate::model::Value;

use super::table::Table;
use super::{Encoder, Format, Heading, Options, RenderError, parquet};

/// Bytes gathered before they are written.
const BUFFER: usize = 64 * 1024;

/// Writes rows in one format.
pub(crate) struct Output<'w> {
    sink: Sink<'w>,
}

enum Sink<'w> {
    Stream(Stream<'w>),
    Table {
        table: Box<Table>,
        out: &'w mut (dyn Write + Send),
    },
    Parquet(Box<parquet::Writer<'w>>),
}

/// What became of an output.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Columns with something in them that the table left out to fit the terminal.
    pub(crate) hidden: Vec<String>,
}

impl<'w> Output<'w> {
    /// Starts an output and writes what comes before the rows.
    ///
    /// Fails when the format cannot go where it is sent, when it needs a column that is not there, or on writing.
    pub(crate) fn new(
        format: Format,
        headings: Vec<Heading>,
        options: Options,
        out: &'w mut (dyn Write + Send),
    ) -> Result<Self, RenderError> {
        if format == Format::Parquet && options.is_terminal {
            return Err(RenderError::ParquetOnTerminal);
        }
        let sink = match Encoder::new(format, &headings, &options)? {
            Some(encoder) => Sink::Stream(Stream::new(encoder, &headings, out)),
            None if format == Format::Parquet => {
                Sink::Parquet(Box::new(parquet::Writer::new(&headings, out)?))
            }
            None => Sink::Table {
                table: Box::new(Table::new(headings, options)),
                out,
            },
        };
        Ok(Output { sink })
    }

    /// Writes a row; cells are in the order of the headings.
    pub(crate) fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
        match &mut self.sink {
            Sink::Stream(stream) => stream.row(cells),
            Sink::Parquet(writer) => writer.row(cells),
            Sink::Table { table, .. } => {
                table.row(cells);
                Ok(())
            }
        }
    }

    /// Returns what renders rows on other threads, or `None` for the table and Parquet, which take them one by one.
    pub(crate) fn encoder(&self) -> Option<Encoder> {
        match &self.sink {
            Sink::Stream(stream) => Some(stream.encoder.clone()),
            Sink::Table { .. } | Sink::Parquet(_) => None,
        }
    }

    /// Writes rows that this output's encoder rendered.
    ///
    /// Fails with `Unsupported` on an output that gave no encoder.
    pub(crate) fn chunk(&mut self, rows: &[u8]) -> io::Result<()> {
        match &mut self.sink {
            Sink::Stream(stream) => stream.chunk(rows),
            Sink::Table { .. } | Sink::Parquet(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Writes what comes after the rows, and flushes.
    pub(crate) fn finish(self) -> io::Result<Summary> {
        match self.sink {
            Sink::Stream(stream) => stream.finish()?,
            Sink::Parquet(writer) => writer.finish()?,
            Sink::Table { table, out } => {
                let hidden = table.finish(out)?;
                out.flush()?;
                return Ok(Summary { hidden });
            }
        }
        Ok(Summary::default())
    }
}

/// Rows on their way out as they come.
struct Stream<'w> {
    encoder: Encoder,
    out: &'w mut (dyn Write + Send),
    buffer: Vec<u8>,
    has_rows: bool,
}

impl<'w> Stream<'w> {
    fn new(encoder: Encoder, headings: &[Heading], out: &'w mut (dyn Write + Send)) -> Self {
        let mut buffer = Vec::with_capacity(BUFFER + BUFFER / 4);
        encoder.before(headings, &mut buffer);
        Stream {
            encoder,
            out,
            buffer,
            has_rows: false,
        }
    }

    fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
        self.separate();
        self.encoder.one(cells, &mut self.buffer);
        if self.buffer.len() >= BUFFER {
            self.write_buffer()?;
        }
        Ok(())
    }

    fn chunk(&mut self, rows: &[u8]) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.separate();
        if self.buffer.len() + rows.len() < BUFFER {
            self.buffer.extend_from_slice(rows);
            return Ok(());
        }
        self.write_buffer()?;
        self.out.write_all(rows)
    }

    fn finish(mut self) -> io::Result<()> {
        self.encoder.after(self.has_rows, &mut self.buffer);
        self.write_buffer()?;
        self.out.flush()
    }

    fn separate(&mut self) {
        if self.has_rows {
            self.encoder.between(&mut self.buffer);
        } else {
            self.encoder.before_first(&mut self.buffer);
            self.has_rows = true;
        }
    }

    fn write_buffer(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}
