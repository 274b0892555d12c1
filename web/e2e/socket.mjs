// A WebSocket client for Node before 22, which has none of its own: text frames of one machine talking to itself.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";

export class Socket {
  #stream;
  #buffer = Buffer.alloc(0);
  #open = false;
  #parts = [];

  constructor(url) {
    const { hostname, port, pathname } = new URL(url);
    this.#stream = connect(Number(port), hostname, () => {
      const key = randomBytes(16).toString("base64");
      this.#stream.write(
        `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
    this.#stream.on("error", () => this.onerror?.());
    this.#stream.on("data", (chunk) => this.#take(chunk));
  }

  #take(chunk) {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (!this.#open) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#buffer = this.#buffer.subarray(end + 4);
      this.#open = true;
      this.onopen?.();
    }
    while (this.#frame());
  }

  /** Takes one frame off the buffer, if it is whole. */
  #frame() {
    const bytes = this.#buffer;
    if (bytes.length < 2) return false;
    let length = bytes[1] & 0x7f;
    let start = 2;
    if (length === 126) {
      if (bytes.length < 4) return false;
      length = bytes.readUInt16BE(2);
      start = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return false;
      length = Number(bytes.readBigUInt64BE(2));
      start = 10;
    }
    if (bytes.length < start + length) return false;
    this.#parts.push(bytes.subarray(start, start + length));
    this.#buffer = bytes.subarray(start + length);
    if (bytes[0] & 0x80) {
      const data = Buffer.concat(this.#parts).toString();
      this.#parts = [];
      if ((bytes[0] & 0x0f) <= 2) this.onmessage?.({ data });
    }
    return true;
  }

  send(text) {
    const payload = Buffer.from(text);
    const mask = randomBytes(4);
    const size = payload.length;
    const head =
      size < 126 ? Buffer.from([0x81, 0x80 | size]) : Buffer.from([0x81, 0x80 | 126, size >> 8, size & 0xff]);
    const masked = payload.map((byte, at) => byte ^ mask[at % 4]);
    this.#stream.write(Buffer.concat([head, mask, masked]));
  }
}
