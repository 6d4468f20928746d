import { inflateRawSync } from 'node:zlib';

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;

/**
 * One file out of a ZIP archive, stored or deflated (APPNOTE 6.3, without ZIP64 and encryption).
 * @throws Error when there is no such file, or it is packed in another way
 */
export function readZipEntry(archive: Buffer, name: string): Buffer {
  // The directory is found from the end, where a comment of up to 64 KiB may follow it.
  const end = archive.lastIndexOf(Buffer.from(uint32(endOfDirectory)));
  if (end < 0) throw new Error('This is no ZIP archive.');
  let at = archive.readUInt32LE(end + 16);
  while (archive.readUInt32LE(at) === directoryEntry) {
    const nameLength = archive.readUInt16LE(at + 28);
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === name) return unpack(archive, at);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`The ZIP archive has no ${name}.`);
}

function unpack(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const packedSize = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  // The name and the extra field stand once more before the data, the latter with another length.
  const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(begin, begin + packedSize);
  if (method === 0) return packed;
  if (method === 8) return inflateRawSync(packed);
  throw new Error(`A file of the ZIP archive is packed by method ${method}, not deflated.`);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
