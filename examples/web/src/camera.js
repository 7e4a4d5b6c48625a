// The camera's frames, one after the other: a new one is asked for once the last was answered, so none queue up.

/**
 * Show the camera in `video` and await `answer(video, height, width)` for frame after frame.
 * Resolves, once pictures come, with a function that ends it; `failed(error)` hears why it ended otherwise.
 */
export async function startCamera(video, answer, failed) {
  // Browsers hide the camera from pages that come over plain http, but for localhost.
  if (!navigator.mediaDevices) throw new Error('a browser gives the camera only to pages from https or localhost');
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: 'environment', width: { ideal: 640 }, height: { ideal: 480 } },
  });
  let running = true;
  const stop = () => {
    running = false;
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
  const frames = async () => {
    while (running) {
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      if (running) await answer(video, video.videoHeight, video.videoWidth);
    }
  };
  video.srcObject = stream;
  await video.play();
  frames().catch((error) => {
    stop();
    failed(error);
  });
  return stop;
}
