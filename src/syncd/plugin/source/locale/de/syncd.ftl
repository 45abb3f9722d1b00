# What the plugin says outside of its views.

syncd-pair-title = Darf syncd mit diesem Zotero arbeiten?
# $name is what the program calls itself, $code is six digits that it shows too
syncd-pair-text =
    „{ $name }“ möchte Ihre Bibliotheken lesen und darin Einträge und Sammlungen anlegen und ändern.

    Erlauben Sie das nur, wenn Sie gerade „syncd login --desktop“ ausgeführt haben und es diesen Code zeigt:

    { $code }

    Sie können es jederzeit in den Einstellungen unter „syncd“ zurücknehmen.
syncd-pair-allow = Erlauben
syncd-pair-refuse = Nicht erlauben

syncd-pairings-title = Programme, die mit diesem Zotero arbeiten dürfen
syncd-pairings-about = Sie haben jedes davon erlaubt. Ein Programm, dem Sie das entziehen, muss neu fragen.
syncd-no-pairings = Keine. Um syncd hereinzulassen, führen Sie aus: syncd login --desktop
syncd-pairing-since = seit { $day }
syncd-revoke =
    .label = Entziehen
    .aria-label = { $name } die Erlaubnis entziehen
syncd-removal-about = Wenn Sie das Plugin entfernen, geht diese Liste mit. Artikel und Sammlungen bleiben, wie sie sind.
