// The server's API: requests that carry the page's token, and the events of a job.

const token = document.querySelector("meta[name=ragplan-token]").content;

export async function ask(path, { method = "GET", json, body, signal } = {}) {
  const headers = { "x-ragplan-token": token };
  if (json !== undefined) headers["content-type"] = "application/json";
  const options = { method: json !== undefined || body ? "POST" : method, headers, signal };
  options.body = json !== undefined ? JSON.stringify(json) : body;
  const answer = await fetch(path, options);
  const values = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(values.error?.message ?? `the server answers ${answer.status}`);
  return values;
}

export const post = (path, json, signal) => ask(path, { json, signal });

// Calls `on(event)` for each event of a job; resolves with the last one. A lost connection reads on where it was.
export function follow(job, on) {
  return new Promise((resolve) => {
    const source = new EventSource(`api/jobs/${job}/events`);
    source.onmessage = (message) => {
      const event = JSON.parse(message.data);
      on(event);
      if (["done", "failed", "cancelled"].includes(event.kind)) {
        source.close();
        resolve(event);
      }
    };
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      on({ kind: "lost" });
      resolve({ kind: "failed", error: "the server is gone; is it still running?" });
    };
  });
}
