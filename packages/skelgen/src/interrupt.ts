/**
 * Work that leaves something behind if it is interrupted.
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Cleans up if a signal ends the process, which then ends as the signal would have ended it, unless somebody else listens
 * for that signal, too.
 *
 * @returns what to call when there is nothing left to clean up
 */
export function onInterrupt(cleanUp: () => void): () => void {
  const release = () => {
    for (const signal of SIGNALS) process.off(signal, interrupted);
  };
  const interrupted = (signal: NodeJS.Signals) => {
    release();
    cleanUp();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, interrupted);
  return release;
}
