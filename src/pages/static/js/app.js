// What a script adds to the pages. Without it every page reads, links and acts by forms.
import { followTimes } from "./times.js";
import { answerCopies } from "./copying.js";
import { drawCharts } from "./charts.js";
import { answerCompletion } from "./completing.js";
import { answerDialogs } from "./dialogs.js";
import { answerSelection } from "./selection.js";
import { answerToasts } from "./toasts.js";
import { answerKeys } from "./keys.js";
import { goLive } from "./live.js";
import { answerPalette } from "./palette.js";

document.documentElement.classList.add("has-script");
followTimes();
answerCopies();
answerCompletion();
answerDialogs();
answerToasts();
answerSelection();
answerPalette();
answerKeys();
drawCharts();
goLive();
