// Keeps the screen on while the page is looked at, where the browser lets pages do that: a lecture has long answers.

export function keepAwake() {
  const ask = () => {
    if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {}); // battery low, a frame
  };
  document.addEventListener("visibilitychange", ask); // it ends when the page is covered
  ask();
}
