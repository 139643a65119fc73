// The one thing that plays: starting a sound ends the one before it.

const audio = new Audio();
let current = null;
let frame = 0;

/**
 * Play a sound.
 * @param {Object} sound
 * @param {string} sound.url
 * @param {number} [sound.startS]  time of the recording at which the sound begins, seconds
 * @param {number} [sound.speed]  seconds of the recording a second of playing: .1 for sound made ten times slower
 * @param {boolean} [sound.loop]
 * @param {(timeS: number) => void} [sound.onTime]  told the time in the recording at every frame
 * @param {() => void} [sound.onEnd]  told when it has ended or was stopped
 * @returns {Promise<void>}  when it has begun; fails when the browser cannot play it
 */
export async function play({ url, startS = 0, speed = 1, loop = false, onTime, onEnd }) {
  stop();
  const mine = (current = { startS, speed, onTime, onEnd });
  audio.src = url;
  audio.loop = loop;
  try {
    await audio.play();
  } catch (error) {
    if (current !== mine) return; // another sound was started meanwhile
    stop();
    throw new Error(`This sound cannot be played: ${error.message}`);
  }
  if (current === mine) tick();
}

/** End what plays. */
export function stop() {
  cancelAnimationFrame(frame);
  const ended = current;
  current = null;
  audio.pause();
  ended?.onEnd?.();
}

/** Whether something plays. */
export const isPlaying = () => current !== null;

function tick() {
  if (!current) return;
  current.onTime?.(current.startS + audio.currentTime * current.speed);
  frame = requestAnimationFrame(tick);
}

audio.addEventListener("ended", stop);
