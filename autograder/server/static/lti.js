"use strict";
// Between us and an LMS: sends a choice on without a second press, and asks the LMS to close a window that is done.
const choice = document.querySelector("form[data-send-now]");
if (choice) choice.submit();
if (document.querySelector("[data-close-here]")) {
  (window.opener || window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
}
