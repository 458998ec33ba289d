import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Integration specs start the real command, which runs from dist: built once, before the first of them. */
export default function setup(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
}
