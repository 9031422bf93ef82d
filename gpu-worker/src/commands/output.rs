//! Standard output, which is for data alone.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

use anyhow::Context;

/// Writes a line. A reader that is gone has chosen to be; a disk that is full is an error.
pub(super) fn print(line: impl Display) -> anyhow::Result<()> {
    write(&mut io::stdout(), line).context("standard output cannot be written")
}

fn write(output: &mut impl Write, line: impl Display) -> io::Result<()> {
    match writeln!(output, "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_is_gone_is_not_an_error_and_a_full_disk_is_one() {
        assert!(write(&mut Failing(ErrorKind::BrokenPipe), "text").is_ok());
        let error = write(&mut Failing(ErrorKind::StorageFull), "text").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn a_line_ends() {
        let mut written = Vec::new();
        write(&mut written, 5).unwrap();
        assert_eq!(written, b"5\n");
    }
}
