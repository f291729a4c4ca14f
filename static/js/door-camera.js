// The camera: looks for a QR code several times a second and tells each text once in a while. Where the browser has no reader
// of its own, ours reads (qr.js); both work without network.

import { read } from "qr";

const EVERY_MS = 160;
const SAME_MS = 4000; // a ticket that stays before the camera is not a second scan
const SIDE = 480; // pixels that our own reader looks at

export class Camera {
  constructor(video, tell) {
    this.video = video;
    this.tell = tell;
    this.seen = { text: "", at: 0 };
    this.canvas = document.createElement("canvas");
  }

  /** `toggle` starts and stops it; `box` holds the picture; `say` the words about it. */
  attach(toggle, box, say, words) {
    if (!navigator.mediaDevices?.getUserMedia) return;
    [toggle.hidden, this.box, this.say, this.words, this.label] = [false, box, say, words, toggle.querySelector("span")];
    toggle.addEventListener("click", () => (this.stream ? this.stop() : this.start()));
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
  }

  async start() {
    this.box.hidden = false;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
    } catch {
      this.say.textContent = this.words.noCamera;
      return;
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.say.textContent = this.words.camera;
    this.label.textContent = this.words.stop;
    this.native = await nativeReader();
    this.timer = setInterval(() => this.look(), EVERY_MS);
  }

  stop() {
    clearInterval(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    if (this.box) this.box.hidden = true;
    if (this.label) this.label.textContent = this.words.start;
  }

  async look() {
    if (this.looking || this.video.readyState < 2) return;
    this.looking = true;
    try {
      const text = this.native ? (await this.native.detect(this.video))[0]?.rawValue : this.own();
      const at = Date.now();
      if (text && (text !== this.seen.text || at - this.seen.at > SAME_MS)) {
        this.seen = { text, at };
        this.tell(text);
      } else if (text) this.seen.at = at;
    } catch {
      // The next frame may be better.
    } finally {
      this.looking = false;
    }
  }

  /** The square in the middle of the frame, read by ourselves. */
  own() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const side = Math.min(width, height);
    this.canvas.width = this.canvas.height = SIDE;
    const pen = this.canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(this.video, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
    return read(pen.getImageData(0, 0, SIDE, SIDE));
  }
}

async function nativeReader() {
  try {
    const kinds = await BarcodeDetector.getSupportedFormats();
    return kinds.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}
