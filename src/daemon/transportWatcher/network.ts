/** Finds out which of the kernel's messages about links and addresses are news. Most of them repeat a known state. */
import type { TransportHint } from '../../model/transportHint';
import type { AddressFact, LinkFact, RouteFact } from './routeMessages';

export interface Network {
  /**
   * Takes in the state at the start, without a hint. If an event about the same interface came before this call, the
   * event is newer and stays.
   */
  learn(fact: RouteFact): void;
  /** Takes in an event. Gives a hint if the event changes whether traffic can flow. */
  observe(fact: RouteFact): TransportHint | null;
}

/** The entries mirror the kernel's own list: when an interface goes, its entry goes, too. */
export function createNetwork(): Network {
  const links = new Map<number, LinkFact>();
  const addresses = new Map<number, Set<string>>();

  const addressesOf = (index: number): Set<string> => {
    const known = addresses.get(index) ?? new Set<string>();
    addresses.set(index, known);
    return known;
  };

  function observeLink(fact: LinkFact): TransportHint | null {
    const before = links.get(fact.index);
    if (fact.gone) {
      links.delete(fact.index);
      addresses.delete(fact.index);
    } else {
      links.set(fact.index, fact);
    }
    const guests = fact.guestPort || (fact.gone && before?.guestPort === true);
    if (guests || fact.carrier === (before?.carrier ?? false)) return null;
    return { kind: 'link', ifname: fact.ifname, carrier: fact.carrier, operstate: fact.operstate };
  }

  // Each router advertisement causes another RTM_NEWADDR, because of the lifetimes (addrconf.c).
  function observeAddress(fact: AddressFact): TransportHint | null {
    const link = links.get(fact.index);
    const known = addressesOf(fact.index);
    if (known.has(fact.address) === fact.present) return null;
    if (fact.present) known.add(fact.address);
    else known.delete(fact.address);
    if (known.size === 0) addresses.delete(fact.index);
    if (link?.guestPort === true) return null;
    return { kind: 'address', ifname: link?.ifname ?? `if${fact.index}`, address: fact.address, present: fact.present };
  }

  return {
    learn: (fact) => {
      if (fact.kind === 'address') addressesOf(fact.index).add(fact.address);
      else if (!links.has(fact.index)) links.set(fact.index, fact);
    },
    observe: (fact) => (fact.kind === 'link' ? observeLink(fact) : observeAddress(fact)),
  };
}
