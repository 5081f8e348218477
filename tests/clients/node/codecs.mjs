// The codecs that kafkajs leaves to its users: snappy and lz4 in JavaScript, zstd from Node itself.

import { promisify } from "node:util";
import zlib from "node:zlib";
import kafkajs from "kafkajs";
import snappy from "kafkajs-snappy";
import lz4 from "lz4js";

const { CompressionTypes, CompressionCodecs } = kafkajs;
const zstdCompress = promisify(zlib.zstdCompress);
const zstdDecompress = promisify(zlib.zstdDecompress);

export const COMPRESSION = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

// lz4js marks its blocks as dependent on each other, which Kafka refuses. A frame of one block depends on nothing, so
// its flags may say so: version 1, independent blocks; the byte after the block size is the checksum of both.
const LZ4_BLOCK = 4 * 1024 * 1024;

function lz4Frame(bytes) {
  if (bytes.length > LZ4_BLOCK) throw new Error(`${bytes.length} bytes make more than one lz4 block`);
  const frame = Buffer.from(lz4.compress(bytes));
  frame[4] = 0x60;
  frame[6] = 0x73;
  return frame;
}

export function installCodecs() {
  CompressionCodecs[CompressionTypes.Snappy] = snappy;
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async (encoder) => lz4Frame(encoder.buffer),
    decompress: async (buffer) => Buffer.from(lz4.decompress(buffer)),
  });
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: (encoder) => zstdCompress(encoder.buffer),
    decompress: (buffer) => zstdDecompress(buffer),
  });
}
