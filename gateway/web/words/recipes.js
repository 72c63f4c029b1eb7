// Words of the recipes.

import en from "./recipes.en.js";
import ru from "./recipes.ru.js";
import vi from "./recipes.vi.js";
import zh from "./recipes.zh.js";

export default { en, ru, vi, "zh-Hant": zh };
