/** Await a promise; if it fails, end the process with one line that names what was worked on. */
export async function orExit(subject, promise) {
  try {
    return await promise;
  } catch (error) {
    console.error(`${subject}: ${error.message.split('\n')[0]}`);
    process.exit(1);
  }
}
