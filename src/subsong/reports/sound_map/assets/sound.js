// Playing: a clip is decoded when it is first wanted; a new sound ends the one before.

const sounds = data.sounds && { ...data.sounds, place: decode(data.sounds.place, Int32Array) };
const decoded = new Map(); // item -> AudioBuffer, the latest used last
const MAX_DECODED = 400;
const playing = { source: null, item: -1, started: 0, wanted: -1 };
let audio = null;

const hasSound = (item) => sounds !== null && sounds.place[item] >= 0;

async function decodeClip(item) {
  const place = sounds.place[item];
  const block = find(`sounds-${Math.floor(place / sounds.per_block)}`).textContent;
  const clip = block.split("\n")[place % sounds.per_block];
  return keep(decoded, item, await audio.decodeAudioData(decodeBytes(clip).buffer), MAX_DECODED);
}

function stopSound() {
  playing.wanted = playing.item = -1;
  if (!playing.source) return;
  playing.source.onended = null;
  playing.source.stop();
  playing.source = null;
}

async function playItem(item) {
  if (!hasSound(item)) return;
  audio ??= new AudioContext();
  audio.resume();
  playing.wanted = item;
  const buffer = decoded.get(item) ?? (await decodeClip(item));
  if (playing.wanted !== item) return; // another one was wanted while this was being decoded
  stopSound();
  const source = audio.createBufferSource();
  source.buffer = buffer;
  source.connect(audio.destination);
  source.onended = () => {
    playing.source = null;
    playing.item = -1;
    requestDraw(false);
  };
  source.start();
  Object.assign(playing, { source, item, started: audio.currentTime });
  requestDraw(false);
}

// An arc round the item that is heard, closing as the sound goes on.
function drawProgress(context, radius) {
  const { source, item, started } = playing;
  if (!source) return;
  const share = Math.min((audio.currentTime - started) / source.buffer.duration, 1);
  context.beginPath();
  context.arc(screenX[item], screenY[item], radius + 4, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
  context.lineWidth = 3;
  context.strokeStyle = themeColours.accent;
  context.stroke();
  requestDraw(false);
}
