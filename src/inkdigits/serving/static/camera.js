// A picture from the camera: the phone's own camera, or a dialog with what a computer's camera sees.

import { element } from "./elements.js";

const dialog = element("camera-dialog");
const video = element("camera-view");
const shoot = element("shoot");

shoot.addEventListener("click", async () => done(await frame()));
video.addEventListener("playing", () => {
  shoot.disabled = false;
});
let done = () => {};
let isAsked = false;
element("cancel").addEventListener("click", () => done(null));
dialog.addEventListener("close", () => done(null));

// A file; null where it is given up, or comes by the phone's own camera as a chosen file.
export async function takePicture() {
  if (matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices?.getUserMedia) {
    element("camera-file").click();
    return null;
  }
  if (isAsked) return null; // a second click, while the browser asks for leave
  isAsked = true;
  try {
    return await seenPicture();
  } finally {
    isAsked = false;
  }
}

async function seenPicture() {
  const stream = await navigator.mediaDevices
    .getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } })
    .catch(() => {
      throw new Error("There is no camera that this page may use.");
    });
  shoot.disabled = true; // until it shows something
  video.srcObject = stream;
  dialog.showModal();
  const picture = await new Promise((resolve) => {
    done = resolve;
  });
  for (const track of stream.getTracks()) track.stop();
  video.srcObject = null;
  if (dialog.open) dialog.close();
  return picture;
}

async function frame() {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
  return new File([blob], "camera.jpg", { type: blob.type });
}
