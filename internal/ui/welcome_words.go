package ui

import "fyne.io/fyne/v2/lang"

// TermsVersion names the terms below. Another text needs another version: then everybody is asked again.
const TermsVersion = "2"

// term is one paragraph of the terms.
type term struct{ title, text string }

// terms is what a user agrees to.
func terms() []term {
	return []term{
		{lang.L("Free software, without warranty"), lang.L("This program is free software under the MIT licence. It comes as it is. Nobody promises that it works or that it is fit for what you want, and those who made it are not liable for what comes of using it.")},
		{lang.L("What it does, and what it does not"), lang.L("It sends the traffic of programs that use its proxy, or on Linux of the whole computer if you choose so, through an exit that you choose. It does not make you anonymous, and it does nothing for traffic that does not go through it.")},
		{lang.L("Somebody else's connection"), lang.L("On the Mysterium Network an exit is the internet connection of another person, who answers for what comes out of it. Do nothing there that is against the law where you are or where the exit is, and nothing that does harm: no attacks, no spam, no copies that you have no right to.")},
		{lang.L("What others see"), lang.L("Whoever runs an exit sees where your traffic goes and everything in it that is not encrypted. The sites that you visit see the address of the exit.")},
		{lang.L("What it costs"), lang.L("On the Mysterium Network you pay for time and traffic in MYST, at the price shown before you connect. What was paid cannot be taken back. The sandbox costs nothing; its money is play money.")},
		{lang.L("When these terms change"), lang.L("You are asked again before you can go on.")},
	}
}

// privacyPoint is a sentence of the privacy step.
type privacyPoint struct{ icon, text string }

// privacyPoints are the sentences of the privacy step. docs/privacy.md has them too, with what they stand for.
func privacyPoints() []privacyPoint {
	return []privacyPoint{
		{"house", lang.L("Nothing about who you are or where you go is collected, and nothing is sent by itself: history and logs stay on this computer.")},
		{"server", lang.L("An exit sees where your traffic goes, as an internet provider does, so trust it with encrypted sites only.")},
		{"route", lang.L("Only programs that use the proxy go through the tunnel, unless you choose the whole device in the settings; all others go where they always went.")},
	}
}
