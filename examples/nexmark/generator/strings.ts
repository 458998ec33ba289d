import { EventRandom } from './event-random.js';

const lengthMin = 3;
const fillerLength = 1 << 20;
const letters = 'abcdefghijklmnopqrstuvwxyz';

/** 3 to `lengthMax` - 1 letters, one in 13 replaced by `special`; spaces at the ends are cut off. */
export function text(random: EventRandom, lengthMax: number, special = ' '): string {
  let made = '';
  for (let left = lengthMin + random.below(lengthMax - lengthMin); left > 0; left -= 1) {
    made += random.below(13) === 0 ? special : letters[random.below(letters.length)];
  }
  return made.trim();
}

/** In cents: as many between 1 and 10 as between 100,000 and 1,000,000. */
export const price = (random: EventRandom): number => Math.round(10 ** (random.fraction() * 6) * 100);

/** Fills records up to the size they have on average. What it gives are pieces of one text, so that none is made for each record. */
export class Filler {
  private made: string | null = null;

  constructor(private readonly seed: number) {}

  /** As long as is missing between the two sizes, a fifth more or less. */
  extra(random: EventRandom, size: number, averageSize: number): string {
    const missing = averageSize - size;
    if (missing < 0) return '';
    const spread = Math.round(missing * 0.2);
    const length = missing - spread + random.below(2 * spread);
    const from = random.below(fillerLength - length);
    this.made ??= filler(this.seed);
    return this.made.substring(from, from + length);
  }
}

/** Six letters for each number that is drawn, as many as it has room for. */
function filler(seed: number): string {
  const random = new EventRandom(seed);
  random.begin(-1);
  const codes = new Uint8Array(fillerLength);
  for (let at = 0, left = 0, drawn = 0; at < fillerLength; at += 1, left -= 1) {
    if (left === 0) [drawn, left] = [random.below(letters.length ** 6), 6];
    codes[at] = letters.charCodeAt(drawn % letters.length);
    drawn = (drawn - (drawn % letters.length)) / letters.length;
  }
  return new TextDecoder('latin1').decode(codes);
}
