// Before the first paint, so that a dark room is never lit by a white page.
const chosenTheme = localStorage.getItem("kiln-theme");
if (chosenTheme) document.documentElement.dataset.theme = chosenTheme;
