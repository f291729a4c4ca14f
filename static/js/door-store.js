// What a device keeps: its door with the sealed list, and its scans until the house has answered each. In IndexedDB, so that
// it outlives the page, the browser and an empty battery.

const asked = (request) => new Promise((done, fail) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
});

export class Store {
  /** Opens it. Rejects where the browser keeps nothing. */
  static async open(event) {
    const request = indexedDB.open("kermesse-door", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("doors", { keyPath: "event" });
      request.result.createObjectStore("scans", { keyPath: "place", autoIncrement: true }).createIndex("event", "event");
    };
    return new Store(await asked(request), event);
  }

  constructor(db, event) {
    this.db = db;
    this.event = event;
  }

  async #change(name, work) {
    const transaction = this.db.transaction(name, "readwrite", { durability: "strict" });
    const kept = new Promise((done, fail) => {
      transaction.oncomplete = done;
      transaction.onabort = transaction.onerror = () => fail(transaction.error);
    });
    const found = await asked(work(transaction.objectStore(name)));
    await kept;
    return found;
  }

  /** {event, door, token, name, key, list: {text, seal, digest, made}, news: {text, seal} or null, made, contact} or undefined. */
  door() { return asked(this.db.transaction("doors").objectStore("doors").get(this.event)); }
  keepDoor(door) { return this.#change("doors", (doors) => doors.put({ ...door, event: this.event })); }
  dropDoor() { return this.#change("doors", (doors) => doors.delete(this.event)); }

  /** All scans of this event that are kept, in their order: {place, event, scan, shown, sent}. */
  scans() { return asked(this.db.transaction("scans").objectStore("scans").index("event").getAll(this.event)); }
  /** Resolves with the kept row once it is on the disk. */
  async keepScan(row) {
    const kept = { ...row, event: this.event };
    return { ...kept, place: await this.#change("scans", (scans) => scans.put(kept)) };
  }
  dropScan(place) { return this.#change("scans", (scans) => scans.delete(place)); }

  /** Forget the list. Scans that wait stay until they are sent. */
  async wipe() {
    await this.dropDoor();
    for (const row of await this.scans()) if (row.sent) await this.dropScan(row.place);
  }
}
