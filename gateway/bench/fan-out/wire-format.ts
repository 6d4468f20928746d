/** Takes bytes as they arrive; they may be overwritten when the call returns. */
export type BytesReader = (bytes: Buffer) => void;

/** What a reader finds: from where to where. It is called during the read, and the bytes may not be kept. */
type OnPart = (bytes: Buffer, start: number, end: number) => void;

const newline = Buffer.from('\r\n');

/** A frame of a client: text unless another opcode is given, masked with zeros, which leave it as it is. */
export function clientFrame(text: string | Buffer, opcode = 1): Buffer {
  const payload = Buffer.from(text);
  const isShort = payload.length < 126;
  const head = Buffer.alloc(isShort ? 6 : 8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (isShort ? payload.length : 126);
  if (!isShort) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** Reads frames of a WebSocket server, which are not masked (RFC 6455); fragments are not expected. */
export function frameReader(onFrame: (opcode: number, ...part: Parameters<OnPart>) => void): BytesReader {
  return partReader((bytes, position) => {
    if (bytes.length < position + 2) return undefined;
    let length = bytes[position + 1]! & 127;
    let start = position + 2;
    if (length === 126) {
      if (bytes.length < start + 2) return undefined;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === 127) {
      if (bytes.length < start + 8) return undefined;
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    const end = start + length;
    if (bytes.length < end) return undefined;
    onFrame(bytes[position]! & 15, bytes, start, end);
    return end;
  });
}

/** Reads the chunks of an HTTP answer (RFC 9112, 7.1); the one of no bytes is the last. */
export function chunkReader(onChunk: OnPart): BytesReader {
  return partReader((bytes, position) => {
    const lineEnd = bytes.indexOf(newline, position);
    if (lineEnd < 0) return undefined;
    const length = Number.parseInt(bytes.toString('latin1', position, lineEnd), 16);
    const start = lineEnd + newline.length;
    const end = start + length;
    if (bytes.length < end + newline.length) return undefined;
    onChunk(bytes, start, end);
    return end + newline.length;
  });
}

/** Puts the head of an HTTP answer before what reads the rest of it. */
export function headReader(onHead: (head: string) => BytesReader): BytesReader {
  let reader: BytesReader | undefined;
  let head = '';
  return (bytes) => {
    if (reader) return reader(bytes);
    head += bytes.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    reader = onHead(head.slice(0, end));
    reader(Buffer.from(head.slice(end + 4), 'latin1'));
  };
}

/** @param readPart gives the position behind one part that is there as a whole, or `undefined` */
function partReader(readPart: (bytes: Buffer, position: number) => number | undefined): BytesReader {
  let rest: Buffer | undefined;
  return (arrived) => {
    const bytes = rest ? Buffer.concat([rest, arrived]) : arrived;
    let position = 0;
    while (position < bytes.length) {
      const behind = readPart(bytes, position);
      if (behind === undefined) break;
      position = behind;
    }
    rest = position < bytes.length ? Buffer.from(bytes.subarray(position)) : undefined;
  };
}
