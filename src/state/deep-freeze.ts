/**
 * Freezes plain data to its leaves and returns it, so that whoever changes it in place throws there and then.
 * What is frozen already is taken to be frozen deeply and is not looked into. Bytes stay changeable: the language
 * cannot freeze them. Expects no cycles.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) freezeObject(value);
  return value;
}

function freezeObject(value: object): void {
  if (Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const field of Object.values(value)) {
    if (typeof field === 'object' && field !== null) freezeObject(field);
  }
}
