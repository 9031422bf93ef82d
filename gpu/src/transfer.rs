use std::{
    io::{Read, Write},
    ops::Range,
    sync::mpsc,
};

use crate::{Gpu, GpuError};

/// Number of bytes staged at a time, in either direction.
const PIECE: usize = 8 << 20;

/// Device buffers are zero-padded to this, so that a kernel may read them as `vec4<u32>`.
const ALIGNMENT: u64 = 16;

/// A buffer on the device.
pub struct DeviceBuffer {
    pub(crate) buffer: wgpu::Buffer,
    /// Its length without padding, bytes.
    pub(crate) len: u32,
}

impl DeviceBuffer {
    /// Length in bytes, without the padding.
    #[allow(clippy::len_without_is_empty)] // A buffer is never empty.
    pub fn len(&self) -> u32 {
        self.len
    }
}

impl Gpu {
    /// Size of a buffer for `len` bytes with padding, if the device can bind that many.
    pub(crate) fn padded(&self, len: u32) -> Result<u64, GpuError> {
        let bytes = u64::from(len).next_multiple_of(ALIGNMENT).max(ALIGNMENT);
        let limit = self.summary().max_buffer_bytes;
        match bytes <= limit {
            true => Ok(bytes),
            false => Err(GpuError::TooLarge { bytes, limit }),
        }
    }

    /// A zeroed buffer for `len` bytes.
    pub(crate) fn allocate(&self, len: u32) -> Result<DeviceBuffer, GpuError> {
        let bytes = self.padded(len)?;
        let buffer = self.scoped(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: bytes,
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        })?;
        Ok(DeviceBuffer { buffer, len })
    }

    /// Copies exactly `len` bytes from `source` to the device; `len` is a multiple of 4.
    pub fn upload(&self, len: u32, source: &mut impl Read) -> Result<DeviceBuffer, GpuError> {
        let target = self.allocate(len)?;
        let mut piece = vec![0u8; PIECE.min(len as usize)];
        let mut offset = 0usize;
        while offset < len as usize {
            let count = piece.len().min(len as usize - offset);
            source.read_exact(&mut piece[..count])?;
            let submission = self.scoped(|| {
                self.queue.write_buffer(&target.buffer, offset as u64, &piece[..count]);
                self.queue.submit([])
            })?;
            // Waiting here limits the driver's staging memory to one piece.
            self.wait(submission)?;
            offset += count;
        }
        Ok(target)
    }

    /// Copies the buffer's bytes, without padding, to `sink`.
    pub fn download(&self, source: &DeviceBuffer, sink: &mut impl Write) -> Result<(), GpuError> {
        self.download_range(source, 0..source.len, sink)
    }

    /// Copies some of the buffer's bytes to `sink`; they begin and end at multiples of 4, inside the buffer.
    pub fn download_range(
        &self,
        source: &DeviceBuffer,
        bytes: Range<u32>,
        sink: &mut impl Write,
    ) -> Result<(), GpuError> {
        let (mut offset, end) = (bytes.start as usize, bytes.end as usize);
        let size = PIECE.min(end.saturating_sub(offset));
        let staging = self.scoped(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: size as u64,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })?;
        while offset < end {
            let count = size.min(end - offset);
            let (mapped, is_mapped) = mpsc::channel();
            let submission = self.scoped(|| {
                let mut encoder = self.device.create_command_encoder(&Default::default());
                encoder.copy_buffer_to_buffer(&source.buffer, offset as u64, &staging, 0, Some(count as u64));
                let submission = self.queue.submit([encoder.finish()]);
                staging.map_async(wgpu::MapMode::Read, ..count as u64, move |result| {
                    // The receiver is gone only if the download was abandoned.
                    let _ = mapped.send(result);
                });
                submission
            })?;
            self.wait(submission)?;
            match is_mapped.try_recv() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(GpuError::Refused(error.to_string())),
                Err(_) => return Err(GpuError::Timeout(self.patience)),
            }
            let view =
                staging.get_mapped_range(..count as u64).map_err(|error| GpuError::Refused(error.to_string()))?;
            sink.write_all(&view)?;
            drop(view);
            staging.unmap();
            offset += count;
        }
        Ok(())
    }
}
