import type { JournalDamage, JournalEnd } from './journal-reader.ts';
import { firstOfName, HEADER_BYTES } from './segment-format.ts';
import type { SyncedFolder } from './synced-folder.ts';
import type { WeightsFiles } from './weights-files.ts';

export interface Repair {
  /** Bytes of a write that did not end, which are gone now. */
  readonly tornBytes: number;
  /** Names under which files were set aside, with their sizes. */
  readonly setAside: readonly { readonly name: string; readonly bytes: number }[];
}

/**
 * Makes the journal end where reading it ended, so that it can be continued. A torn tail is cut. At
 * damage nothing is thrown away:
 *
 *   0000000000048230.journal           cut to what is whole (gone when nothing is)
 *   0000000000048230.journal.corrupt   as it was found
 *   0000000000051277.journal.aside     whole perhaps, but behind the damage
 *
 * It may be interrupted anywhere: the same reading ends at the same place again.
 */
export async function repairJournal(
  folder: SyncedFolder,
  weights: WeightsFiles,
  { damage, position }: JournalEnd,
): Promise<Repair> {
  if (damage?.kind === 'corrupt') {
    const setAside = await setCorruptAside(folder, damage);
    await weights.setAsideFrom(position + 1);
    return { tornBytes: 0, setAside };
  }
  const tornBytes = damage === null ? 0 : (await folder.size(damage.segment)) - damage.wholeBytes;
  if (damage !== null) await cut(folder, damage);
  await removeEmpty(folder, position);
  // Weights are written before their record: those of records that never came.
  await weights.removeFrom(position + 1);
  return { tornBytes, setAside: [] };
}

async function setCorruptAside(folder: SyncedFolder, damage: JournalDamage) {
  const setAside: { name: string; bytes: number }[] = [];
  const corrupt = `${damage.segment}.corrupt`;
  await folder.copy(damage.segment, corrupt);
  await folder.sync();
  setAside.push({ name: corrupt, bytes: await folder.size(corrupt) });
  // The last one first: those that are left always follow each other.
  for (const name of damage.later.toReversed()) {
    const aside = `${name}.aside`;
    await folder.rename(name, aside);
    setAside.push({ name: aside, bytes: await folder.size(aside) });
  }
  await folder.sync();
  await cut(folder, damage);
  return setAside;
}

async function cut(folder: SyncedFolder, { segment, wholeBytes }: JournalDamage): Promise<void> {
  if (wholeBytes <= HEADER_BYTES) {
    await folder.remove(segment);
    await folder.sync();
  } else {
    await folder.truncate(segment, wholeBytes);
  }
}

/** A segment that was begun and never written to has the name that the next one will need. */
async function removeEmpty(folder: SyncedFolder, position: number): Promise<void> {
  for (const name of await folder.list()) {
    const first = firstOfName(name);
    if (first !== null && first > position) await folder.remove(name);
  }
  await folder.sync();
}
