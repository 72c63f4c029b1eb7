// Words of the figurine, by language. A test compares their keys.

import en from "./figurine.en.js";
import ru from "./figurine.ru.js";
import vi from "./figurine.vi.js";
import zh from "./figurine.zh.js";

export default { en, ru, vi, "zh-Hant": zh };
