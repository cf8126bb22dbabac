import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InklingError } from '../../protocol/errors.ts';

/** Bytes asked for at a time, and handed on at a time. */
const pieceBytes = 256 * 1024;

/** A piece of a file's contents. */
export interface FilePiece {
  readonly bytes: Buffer;
  /** Bytes of the file read so far; of a compressed one, compressed bytes. */
  readonly read: number;
}

/** The file's size in bytes. ERR_DATA_MISSING when there is none, ERR_DATA_UNREADABLE for a folder. */
export async function fileSize(path: string, name: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw unreadable(name, 'it is a folder');
    return found.size;
  } catch (error) {
    throw asInputError(error, name);
  }
}

/**
 * The contents of a file in pieces, unpacked when the name ends in `.gz`. Reading stops when the
 * consumer does. What the system or the compression objects to is an InklingError naming `name`.
 */
export async function* fileBytes(path: string, name: string): AsyncGenerator<FilePiece> {
  const file = createReadStream(path, { highWaterMark: pieceBytes });
  const contents = /\.gz$/i.test(path) ? unpacked(file) : file;
  try {
    for await (const bytes of contents) yield { bytes, read: file.bytesRead };
  } catch (error) {
    throw asInputError(error, name);
  } finally {
    file.destroy();
    contents.destroy();
  }
}

/** With a pipeline the failure of either end is one of both, and both are closed. */
function unpacked(file: Readable): Readable {
  const unpacking = createGunzip({ chunkSize: pieceBytes });
  pipeline(file, unpacking, () => {});
  return unpacking;
}

function asInputError(error: unknown, name: string): unknown {
  if (error instanceof InklingError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new InklingError('ERR_DATA_MISSING', `there is no file ${JSON.stringify(name)}`);
  }
  if (code === 'EISDIR') return unreadable(name, 'it is a folder');
  if (code === 'EACCES' || code === 'EPERM') return unreadable(name, 'this user may not read it');
  if (code === 'Z_BUF_ERROR') return unreadable(name, 'the compressed data end too early');
  if (code?.startsWith('Z_')) return unreadable(name, `expected gzip data, got ${message}`);
  return typeof code === 'string' ? unreadable(name, message) : error;
}

function unreadable(name: string, why: string): InklingError {
  return new InklingError('ERR_DATA_UNREADABLE', `${name}: ${why}`);
}
