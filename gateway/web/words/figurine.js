// Words of the figurine.

const en = { "figurine.title": "A figurine of you" };
const ru = { "figurine.title": "Фигурка с вашим лицом" };
const vi = { "figurine.title": "Tượng nhỏ của bạn" };
const zh = { "figurine.title": "你的公仔" };

export default { en, ru, vi, "zh-Hant": zh };
