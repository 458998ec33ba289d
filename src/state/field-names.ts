const slots = 1_024;

/**
 * Field names by the bytes they are written as. Most objects that are read have names that were read before: to find them costs less than to
 * make them anew, and an object of known names is made faster. Each place holds one name, the newest.
 */
export class FieldNames {
  private readonly names: (string | null)[] = Array.from({ length: slots }, () => null);

  /** The name that these bytes are, when it was kept. */
  get(bytes: Uint8Array, start: number, size: number): string | null {
    let place = size;
    for (let at = start; at < start + size; at++) place = (Math.imul(place, 31) + (bytes[at] as number)) | 0;
    const name = this.names[place & (slots - 1)] as string | null;
    if (name === null || name.length !== size) return null;
    for (let index = 0; index < size; index++) if (name.charCodeAt(index) !== bytes[start + index]) return null;
    return name;
  }

  /** Gives it back; only names of ASCII are kept, whose bytes are their units. */
  keep(name: string): string {
    let place = name.length;
    for (let index = 0; index < name.length; index++) {
      const unit = name.charCodeAt(index);
      if (unit > 0x7f) return name;
      place = (Math.imul(place, 31) + unit) | 0;
    }
    this.names[place & (slots - 1)] = name;
    return name;
  }
}
