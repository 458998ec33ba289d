import { mistake } from '../api/engine-error.js';
import { valueOfForm } from '../state/json-form.js';

export { jsonText } from '../state/json-form.js';

/** The value that `jsonText` has written. Throws JSON_INVALID. */
export function valueOfJson(text: string): unknown {
  let form: unknown;
  try {
    form = JSON.parse(text);
  } catch (error) {
    throw mistake('JSON_INVALID', `'${text}' is no JSON: ${(error as Error).message}. A text stands in double quotes.`);
  }
  try {
    return valueOfForm(form);
  } catch (error) {
    throw mistake('JSON_INVALID', (error as Error).message);
  }
}
