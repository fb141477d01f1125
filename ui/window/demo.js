// Puts the window on this page as a page of a brand would: with one script tag. The account is named in the address.

const asked = new URLSearchParams(location.search);
const account = asked.get("account") ?? "demo";
const skill = asked.get("skill");

const script = document.createElement("script");
script.src = "/window.js";
script.async = true;
script.dataset.account = account;
if (skill) script.dataset.skill = skill;
document.head.append(script);

const named = skill ? ` data-skill="${skill}"` : "";
document.getElementById("tag").textContent = `<script src="${location.origin}/window.js" data-account="${account}"${named} async></script>`;
