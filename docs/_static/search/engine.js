// The search itself: finds what a reader means in the pieces of the book, without a server.
// MiniSearch matches words; what is added here is how words are read, and which page comes first.
"use strict";

/**
 * @typedef {{anchor: string, title: string, text: string, code: string}} Piece
 * @typedef {{url: string, kind: string, title: string, teaches: string[], introduces: string[],
 *   pieces: Piece[]}} Page
 * @typedef {{url: string, title: string, excerpt: string}} Part
 * @typedef {{url: string, kind: string, title: string, page: string, excerpt: string,
 *   parts: Part[], score: number}} Result
 * @typedef {{words: string[], phrase: string, corrected: string}} Asked
 * @typedef {{results: Result[], words: string[], corrected: string}} Answer
 */

const BookSearch = (() => {
  // Words that carry no meaning in a question; they count only if there are no others.
  const EMPTY = new Set(
    ("a about am an and are as at be between by can could did do does doing explain explained for" +
      " from get has have how i if in into is it its many me my much need of on or our should so" +
      " than that the their them there these they this to too was we what when where which who" +
      " why will with work works would you your").split(" "),
  );
  // The stemmer goes by endings; these words change elsewhere.
  const IRREGULAR = new Map([["axes", "axis"], ["matrices", "matrix"], ["indices", "index"]]);
  // What counts as a word: identifiers, numbers with their decimals, and signs of mathematics.
  const WORD = /[\p{L}_][\p{L}\p{N}_'’]*|\d+(?:[.,]\d+)*(?:e[+-]?\d+)?|[@∇∂Σ∑∏⊙×·≈≤≥∞√∈→]/gu;
  const GROUPS = /(\d)[,\u00a0\u2009\u202f ](?=\d{3}(?!\d))/g;

  // How much a match weighs by the place where it is found, and by the kind of page.
  /** @type {Record<string, number>} */
  const ITEM = { title: 6, teaches: 7, introduces: 4, headings: 2.5 };
  /** @type {Record<string, number>} */
  const PIECE = { title: 2, text: 1, code: 0.5 };
  /** @type {Record<string, number>} */
  const KIND = {
    page: 1, about: 0.6, glossary: 0.3, notation: 0.2, reference: 0.25, bibliography: 0.15,
  };

  // Sections in which words are used rather than explained.
  const APART = /^(Exercises|Questions|Further reading|What you need|What you will be able to do)$/;

  const stemmer = new EnglishStemmer();
  const stems = new Map();

  /** British and American spelling meet in one form, which need not be a word.
   * @param {string} word */
  const spelled = (word) =>
    word
      .replace(/^(.{3,})is(e|ed|es|er|ers|ing|ation|ations)$/, "$1iz$2")
      .replace(/^(.{2,})our(s|ed|ing|ful|less)?$/, "$1or$2")
      .replace(/^(.*)lled$|^(.*)lling$/, (_, ed, ing) => (ing === undefined ? `${ed}led` : `${ing}ling`))
      .replace(/^neighbour/, "neighbor")
      .replace(/^centre/, "center")
      .replace(/^grey$/, "gray");

  /** @param {string} word */
  function stem(word) {
    if (!stems.has(word)) {
      const common = spelled(IRREGULAR.get(word) ?? word);
      // The stemmer would make "vector" of "vectorization", and "general" of "generalization".
      const verb = common.match(/^(.{3,}iz)(?:e|ed|es|er|ers|ing|ation|ations)$/);
      const english = /^[a-z]{3,}$/.test(common);
      stems.set(word, verb ? verb[1] : english ? stemmer.stemWord(common) : common);
    }
    return stems.get(word);
  }

  /** @param {string} text */
  const simple = (text) =>
    text
      .replace(GROUPS, "$1")
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/[‐‑–−]/g, "-")
      .replace(/’/g, "'");

  /**
   * The words of a text as they are typed, in small letters; with `parts`, also the parts of names
   * such as numerical_gradient and NaiveDense, and compounds such as one-hot as one word.
   * @param {string} text
   * @param {boolean} [parts]
   * @returns {string[]}
   */
  function words(text, parts = false) {
    const plain = simple(text);
    const found = [];
    for (const [match] of plain.matchAll(WORD)) {
      const word = match.replace(/'s?$/, "");
      found.push(word.toLowerCase());
      if (parts && /_|[a-z][A-Z]/.test(word)) {
        const inner = word.split(/_|(?<=[a-z])(?=[A-Z])/).filter((part) => part.length > 1);
        if (inner.length > 1) found.push(...inner.map((part) => part.toLowerCase()));
      }
    }
    if (parts) {
      for (const [compound] of plain.matchAll(/[A-Za-z]+(?:-[A-Za-z]+)+/g)) {
        found.push(compound.replaceAll("-", "").toLowerCase());
      }
    }
    return found;
  }

  /** How many slips of the finger lie between two words: a letter wrong, missing, too much, or two
   * exchanged; from `limit` on it does not matter how many.
   * @param {string} a
   * @param {string} b
   * @param {number} limit */
  function slips(a, b, limit) {
    if (Math.abs(a.length - b.length) >= limit) return limit;
    /** @type {number[][]} */
    const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
    for (let i = 1; i <= a.length; i++) {
      const row = [i];
      for (let j = 1; j <= b.length; j++) {
        row[j] = Math.min(
          rows[i - 1][j] + 1,
          row[j - 1] + 1,
          rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
        );
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
          row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
        }
      }
      if (Math.min(...row) >= limit) return limit;
      rows.push(row);
    }
    return rows[a.length][b.length];
  }

  class Engine {
    /** @param {{pages: Page[]}} data */
    constructor(data) {
      /** How often each word stands in the book. @type {Map<string, number>} */
      this.vocabulary = new Map();
      /** The stems of these words. @type {Set<string>} */
      this.known = new Set();
      /** What can be a result: a page, or an entry of a list. @type {any[]} */
      this.items = [];
      /** The sections of pages, and the entries. @type {any[]} */
      this.pieces = [];
      for (const page of data.pages) this.add(page);
      this.byItem = this.index(Object.keys(ITEM));
      this.byPiece = this.index(Object.keys(PIECE));
    }

    /** Read all texts, a few at a time, so that the reader can type meanwhile. */
    async fill() {
      await this.byItem.addAllAsync(this.items, { chunkSize: 20 });
      await this.byPiece.addAllAsync(this.pieces, { chunkSize: 20 });
      return this;
    }

    /** An empty index, which counts the words of what it is given.
     * @param {string[]} fields */
    index(fields) {
      return new MiniSearch({
        fields,
        tokenize: (text, field) => {
          const found = words(text, true);
          for (const word of found) {
            const weight = field === "code" ? 0.2 : 1;
            this.vocabulary.set(word, (this.vocabulary.get(word) ?? 0) + weight);
            this.known.add(stem(word));
          }
          return found;
        },
        processTerm: stem,
        searchOptions: { tokenize: (text) => [text], processTerm: stem },
      });
    }

    /** @param {Page} page */
    add(page) {
      const whole = page.kind === "page" || page.kind === "about";
      const name = whole ? page.url.replace(/\.html$/, "").replaceAll("-", " ") : "";
      const [first, ...rest] = page.pieces;
      const item = this.addItem(page.url, page.title, first, {
        kind: whole || page.kind === "reference" ? page.kind : "about",
        teaches: [name, ...page.teaches],
        introduces: page.introduces,
      });
      for (const piece of rest) {
        const url = `${page.url}#${piece.anchor}`;
        if (whole) {
          item.headings += `${piece.title}; `;
          item.phrases.push({ stems: stemsOf(piece.title), weight: 1 });
          this.addPiece(item, url, piece);
        } else {
          const last = piece.title.split(".").at(-1) ?? "";
          this.addItem(url, piece.title, piece, { kind: page.kind, page: page.title, names: [last] });
        }
      }
    }

    /**
     * @param {string} url
     * @param {string} title
     * @param {Piece} first
     * @param {{kind: string, page?: string, teaches?: string[], introduces?: string[],
     *   names?: string[]}} about
     */
    addItem(url, title, first, { kind, page = "", teaches = [], introduces = [], names = [] }) {
      /** @type {(phrases: string[], weight: number) => any[]} */
      const weighed = (phrases, weight) =>
        phrases.map((phrase) => ({ stems: stemsOf(phrase), weight }));
      const item = {
        id: this.items.length, url, title, kind, page, first: first.text, headings: "",
        teaches: teaches.join("; "), introduces: introduces.join("; "), pieces: [],
        phrases: [
          ...weighed(teaches, 2), ...weighed(introduces, 1.8), ...weighed([title, ...names], 1.6),
        ],
      };
      this.items.push(item);
      this.addPiece(item, url, first);
      return item;
    }

    /** @param {any} item
     * @param {string} url
     * @param {Piece} piece */
    addPiece(item, url, piece) {
      const own = {
        id: this.pieces.length, item: item.id, url, ...piece,
        whole: simple(`${piece.title}\n${piece.text}\n${piece.code}`).toLowerCase(),
      };
      item.pieces.push(own);
      this.pieces.push(own);
    }

    /** Whether a word, or one that begins with it, stands in the book.
     * @param {string} word */
    isKnown(word) {
      if (this.known.has(stem(word))) return true;
      if (word.length < 3) return true;
      for (const other of this.vocabulary.keys()) if (other.startsWith(word)) return true;
      return false;
    }

    /** The word of the book that was probably meant, or the word itself.
     * @param {string} word */
    corrected(word) {
      if (word.length < 4 || !/^\p{L}+$/u.test(word) || this.isKnown(word)) return word;
      let [best, rank] = [word, 0];
      const limit = word.length < 7 ? 2 : 3;
      for (const [other, times] of this.vocabulary) {
        if (!/^\p{L}{3,}$/u.test(other)) continue;
        const distance = slips(word, other, limit);
        if (distance >= limit) continue;
        // One slip is a hundred times likelier than two, and first letters are seldom wrong.
        const value = (Math.sqrt(times) / 100 ** distance) * (word[0] === other[0] ? 3 : 1);
        if (value > rank) [best, rank] = [other, value];
      }
      return best;
    }

    /** Join and mend what was typed: "back propagation" and "sofmax" become words of the book.
     * @param {string} text */
    read(text) {
      const typed = words(text);
      const plain = simple(text).toLowerCase();
      /** @type {string[]} */
      const read = [];
      const changes = new Map();
      for (let i = 0; i < typed.length; i++) {
        const joined = typed[i] + (typed[i + 1] ?? "");
        const both = i + 1 < typed.length && joined.length > 6 && this.vocabulary.has(joined);
        // Two words that the book writes as one.
        if (both && (this.vocabulary.get(joined) ?? 0) > 1 && !this.together(typed[i], typed[i + 1])) {
          read.push(joined);
          i++;
          continue;
        }
        const parts = typed[i].split("_").filter(Boolean);
        if (parts.length > 1 && !this.known.has(typed[i])) {
          read.push(...parts);
          continue;
        }
        const word = this.corrected(typed[i]);
        if (word !== typed[i]) changes.set(typed[i], word);
        read.push(word);
      }
      let corrected = plain;
      for (const [wrong, right] of changes) corrected = corrected.replaceAll(wrong, right);
      const meant = read.filter((word) => !EMPTY.has(word));
      return {
        words: [...new Set(meant.length ? meant : read)],
        phrase: corrected.trim().replace(/\s+/g, " "),
        corrected: changes.size ? corrected.trim() : "",
      };
    }

    /** Whether the book writes two words after each other, apart.
     * @param {string} first
     * @param {string} second */
    together(first, second) {
      const apart = `${first} ${second}`;
      return this.pieces.some((piece) => piece.whole.includes(apart));
    }

    /**
     * @param {string} text
     * @param {number} [limit]
     * @returns {Answer}
     */
    search(text, limit = 20) {
      const asked = this.read(text);
      if (!asked.words.length) return { results: [], words: [], corrected: "" };
      const ranked = this.rank(asked);
      const top = ranked[0]?.score ?? 0;
      const shown = ranked.filter(({ score }) => score > top / 40).slice(0, limit);
      return {
        results: shown.map(({ item, score, places }) => present(item, score, places, asked)),
        words: asked.words,
        corrected: asked.corrected,
      };
    }

    /** What holds the words, the best first.
     * @param {Asked} asked */
    rank(asked) {
      const wanted = stemsOf(asked.words.join(" "));
      // Words that stand together, as they were asked for, count more; also np.dot and W @ x + b.
      const longer = asked.phrase.length > 3 && !/^\p{L}+$/u.test(asked.phrase);
      /** @type {Map<number, {score: number, terms: Set<string>, places: any[]}>} */
      const hits = new Map();
      for (const hit of this.match(this.byItem, asked.words, ITEM)) {
        hits.set(hit.id, { score: hit.score, terms: new Set(hit.queryTerms), places: [] });
      }
      for (const hit of this.match(this.byPiece, asked.words, PIECE)) {
        const piece = this.pieces[hit.id];
        const coverage = hit.queryTerms.length / asked.words.length;
        const times = longer ? piece.whole.split(asked.phrase).length - 1 : 0;
        const value = hit.score * coverage ** 2 * (APART.test(piece.title) ? 0.5 : 1) *
          (1 + 0.5 * Math.log2(1 + times));
        const found = hits.get(piece.item) ?? { score: 0, terms: new Set(), places: [] };
        for (const term of hit.queryTerms) found.terms.add(term);
        found.places.push({ piece, value });
        hits.set(piece.item, found);
      }
      const ranked = [...hits].map(([id, { score, terms, places }]) => {
        const item = this.items[id];
        places.sort((a, b) => b.value - a.value);
        // The best section counts, and others a little: a page about it comes back to it.
        const text = places.slice(0, 6).reduce((sum, { value }, i) => sum + value / 2 ** i, 0);
        const [same, again = 0] = item.phrases
          .map((/** @type {any} */ phrase) => phrase.weight * alike(wanted, phrase.stems) ** 2)
          .sort((/** @type {number} */ a, /** @type {number} */ b) => b - a);
        const coverage = terms.size / wanted.size;
        return {
          item, places,
          score: KIND[item.kind] * (score + text) * coverage ** 3 * (1 + same + 0.7 * again),
          exact: item.phrases.some((/** @type {any} */ phrase) => alike(wanted, phrase.stems) === 1),
        };
      });
      ranked.sort((a, b) => b.score - a.score);
      // What explains a word comes first, then its definition, then the object of this name.
      for (const kind of ["reference", "notation", "glossary"]) {
        const at = ranked.findIndex(({ item, exact }) => item.kind === kind && exact && item.page);
        if (at < 0) continue;
        const [entry] = ranked.splice(at, 1);
        const page = ranked.findIndex(({ item }) => item.kind === "page");
        ranked.splice(page >= 0 && page < 3 ? page + 1 : Math.min(at, 1), 0, entry);
      }
      return ranked;
    }

    /** @param {any} index
     * @param {string[]} asked
     * @param {Record<string, number>} boost */
    match(index, asked, boost) {
      const queries = asked.map((word) => ({
        queries: [word],
        prefix: word.length > 2 && !/^\d/.test(word),
        weights: { prefix: 0.3, fuzzy: 0 },
      }));
      const hits = index.search({ combineWith: "OR", queries }, { boost });
      for (const hit of hits) hit.queryTerms = [...new Set(hit.queryTerms)];
      return hits;
    }
  }

  /** A result as it is shown: a page with its best sections, or an entry with its definition.
   * @param {any} item
   * @param {number} score
   * @param {{piece: any, value: number}[]} places
   * @param {Asked} asked
   * @returns {Result} */
  function present(item, score, places, asked) {
    const whole = item.kind === "glossary" || item.kind === "notation";
    const parts = places
      .filter(({ piece }) => piece !== item.pieces[0])
      .slice(0, 3)
      .map(({ piece }) => ({ url: piece.url, title: piece.title, excerpt: excerpt(piece, asked) }));
    return {
      url: item.url, kind: item.kind, title: item.title, page: item.page,
      excerpt: whole ? item.first : clip(item.first || item.pieces[0].code, 220), parts, score,
    };
  }

  /** The stems of a phrase, without words that carry no meaning.
   * @param {string} text
   * @returns {Set<string>} */
  function stemsOf(text) {
    return new Set(words(text).filter((word) => !EMPTY.has(word)).map(stem));
  }

  /** How much two phrases have in common, from 0 to 1.
   * @param {Set<string>} a
   * @param {Set<string>} b */
  function alike(a, b) {
    const common = [...a].filter((word) => b.has(word)).length;
    return common / Math.max(a.size, b.size, 1);
  }

  /** @param {string} text
   * @param {number} length */
  function clip(text, length) {
    if (text.length <= length) return text;
    const end = text.lastIndexOf(" ", length);
    return `${text.slice(0, end > 0 ? end : length)} …`;
  }

  /** The words around the best place in a section, from its text or else from its code.
   * @param {Piece} section
   * @param {{words: string[], phrase: string}} asked */
  function excerpt(section, asked) {
    for (const source of [section.text, section.code.replace(/\s+/g, " ")]) {
      const lower = source.toLowerCase();
      let at = lower.indexOf(asked.phrase);
      if (at < 0) {
        const stemmed = new Set(asked.words.map(stem));
        let most = 0;
        const places = [...source.matchAll(WORD)].filter(([word]) => {
          const parts = words(word, true).map(stem);
          return parts.some((part) => stemmed.has(part));
        });
        for (const place of places) {
          const near = places.filter(({ index }) => index >= place.index && index < place.index + 120);
          const different = new Set(near.map(([word]) => stem(word.toLowerCase()))).size;
          if (different > most) [most, at] = [different, place.index];
        }
      }
      if (at >= 0) {
        // From the beginning of the sentence, if it is near.
        const before = source.slice(Math.max(0, at - 90), at);
        const sentence = Math.max(before.lastIndexOf(". "), before.lastIndexOf("? "));
        const space = before.indexOf(" ");
        const whole = at <= 90 && sentence < 0;
        const start = at - before.length + (whole ? 0 : (sentence >= 0 ? sentence + 2 : space + 1));
        const opening = whole || sentence >= 0 ? "" : "… ";
        return opening + clip(source.slice(start), 180);
      }
    }
    return clip(section.text, 160);
  }

  /** Split a text into what was asked for and what was not.
   * @param {string} text
   * @param {string[]} asked
   * @returns {{text: string, asked: boolean}[]} */
  function marked(text, asked) {
    const wanted = new Set(asked.map(stem));
    const parts = [];
    let end = 0;
    for (const found of text.matchAll(WORD)) {
      if (!words(found[0], true).some((word) => wanted.has(stem(word)))) continue;
      parts.push({ text: text.slice(end, found.index), asked: false });
      parts.push({ text: found[0], asked: true });
      end = found.index + found[0].length;
    }
    return [...parts, { text: text.slice(end), asked: false }].filter((part) => part.text);
  }

  return {
    /** What the build wrote. @type {{pages: Page[]}} */
    data: { pages: [] },
    words, stem, slips, marked, Engine,
  };
})();
